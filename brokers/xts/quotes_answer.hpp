// Answers of `/instruments/subscription` and `/instruments/quotes`: the quotes in them. docs/protocols/xts.md#snapshots
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "brokers/common/unescape_buffer.hpp"
#include "gateway/core/result.hpp"

namespace tidegate::xts {

/// True for the requests whose answers hold quotes: "POST /apimarketdata/instruments/quotes", whatever the root path.
[[nodiscard]] bool answers_with_quotes(std::string_view request);

class QuoteSink {
 public:
  virtual ~QuoteSink() = default;
  /// Full JSON of one message, valid during the call only.
  virtual void on_quote(std::string_view json) = 0;
  /// An element of the list that is no text.
  virtual void on_bad_quote() = 0;
};

/// Keeps its buffers, so that reading allocates nothing once they have grown. One thread.
class QuotesAnswerReader {
 public:
  /// Gives the sink each text under `result`, `listQuotes`: an array of them, or one alone. The whole answer may stand in an array.
  /// BadJson, BadShape (nested too deep); what came before the fault was given.
  [[nodiscard]] std::optional<Error> read(const std::string& body, QuoteSink& sink);

 private:
  common::UnescapeBuffer unescape_;
};

}  // namespace tidegate::xts
