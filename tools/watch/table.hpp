// The live table as text. Pure: the same model, view and moment give the same lines.
#pragma once

#include <string>
#include <vector>

#include "tools/watch/model.hpp"

namespace tidegate::watch {

struct View {
  std::size_t width = 80;
  std::size_t height = 24;
  bool colour = false;
};

/// At most `view.height` lines of at most `view.width` columns.
[[nodiscard]] std::vector<std::string> render(const Model& model, const View& view, MonoTime now);

}  // namespace tidegate::watch
