#include "tools/watch/table.hpp"

#include <algorithm>
#include <charconv>

#include "tools/watch/text.hpp"

namespace tidegate::watch {
namespace {

constexpr Duration kFlash{350'000'000};  // a tick stands out for so long
constexpr std::size_t kFailuresShown = 5;

namespace style {
constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kTitle = "\x1b[1m";
constexpr std::string_view kHeading = "\x1b[7m";
constexpr std::string_view kFaint = "\x1b[2m";
constexpr std::string_view kGood = "\x1b[32m";
constexpr std::string_view kBad = "\x1b[31m";
constexpr std::string_view kWarning = "\x1b[33m";
constexpr std::string_view kFlashUp = "\x1b[30;42m";
constexpr std::string_view kFlashDown = "\x1b[30;41m";
}  // namespace style

std::string_view style_of_state(std::string_view state) {
  if (state == "live" || state == "connected") return style::kGood;
  if (state == "pending" || state == "silent" || state == "connecting" || state == "reconnecting") return style::kWarning;
  return style::kBad;
}

/// A price with zeros added up to `decimals`.
std::string price_text(std::string_view price, std::size_t decimals) {
  std::string text(price);
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::size_t have = text.size() - std::min(point + 1, text.size());
  if (decimals == 0 || have >= decimals) return text;
  if (point == text.size()) text += '.';
  return text.append(decimals - have, '0');
}

class Painter {
 public:
  explicit Painter(const View& view) : view_(view) {}

  [[nodiscard]] std::string paint(std::string_view text, std::string_view how) const {
    if (!view_.colour || how.empty()) return std::string(text);
    return std::string(how).append(text).append(style::kReset);
  }
  /// A number: flashes when it has just moved, `resting` otherwise.
  [[nodiscard]] std::string cell(const Cell& cell, std::size_t decimals, std::size_t width, MonoTime now, std::string_view resting) const {
    const std::string text = padded_left(cell.text.empty() ? "-" : price_text(cell.text, decimals), width);
    const bool fresh = cell.direction != 0 && now - cell.changed < kFlash;
    if (!fresh) return paint(text, resting);
    const std::string_view flash = cell.direction > 0 ? style::kFlashUp : style::kFlashDown;
    const std::size_t blank = std::min(text.find_first_not_of(' '), text.size());
    return text.substr(0, blank) + paint(text.substr(blank), flash);
  }

 private:
  const View& view_;
};

/// Columns that fit: the last ones go first when the terminal is narrow.
struct Layout {
  std::size_t symbol = 6, price = 10;
  bool change = true, rate = true, age = true, state = true;

  static constexpr std::size_t kGap = 2, kChange = 8, kRate = 7, kAge = 5, kState = 8;
  [[nodiscard]] std::size_t width() const {
    return symbol + 3 * (kGap + price) + (change ? kGap + kChange : 0) + (rate ? kGap + kRate : 0) + (age ? kGap + kAge : 0) +
           (state ? kGap + kState : 0);
  }
};

Layout lay_out(const Model& model, std::size_t width) {
  Layout layout;
  for (const Row& row : model.rows()) {
    layout.symbol = std::max(layout.symbol, columns(printable(row.symbol)));
    for (const Cell* cell : {&row.bid, &row.ask, &row.last}) layout.price = std::max(layout.price, columns(price_text(cell->text, row.decimals)));
  }
  layout.symbol = std::min<std::size_t>(layout.symbol, 40);
  layout.price = std::min<std::size_t>(layout.price, 22);
  for (bool* column : {&layout.rate, &layout.age, &layout.change, &layout.state}) {
    if (layout.width() > width) *column = false;
  }
  if (layout.width() > width) layout.symbol -= std::min(layout.symbol - 6, layout.width() - width);
  return layout;
}

std::string rate_text(double rate) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, rate, std::chars_format::fixed, 1);
  return {buffer, error == std::errc{} ? end : buffer};
}

std::string change_text(const Cell& change) {
  if (change.text.empty()) return "-";
  const bool positive = change.text[0] != '-' && change.text.find_first_not_of("0.") != std::string::npos;
  return (positive ? "+" : "") + change.text + "%";
}

std::string_view change_style(const Cell& change) {
  if (change.text.empty() || change.text.find_first_not_of("0.") == std::string::npos) return {};
  return change.text[0] == '-' ? style::kBad : style::kGood;
}

std::string heading(const Layout& layout, std::size_t width) {
  const std::string gap(Layout::kGap, ' ');
  std::string line = padded_right("SYMBOL", layout.symbol);
  for (const std::string_view name : {"BID", "ASK", "LAST"}) line += gap + padded_left(name, layout.price);
  if (layout.change) line += gap + padded_left("CHANGE", Layout::kChange);
  if (layout.rate) line += gap + padded_left("MSG/S", Layout::kRate);
  if (layout.age) line += gap + padded_left("AGE", Layout::kAge);
  if (layout.state) line += gap + padded_right("STATE", Layout::kState);
  return padded_right(line, std::max(width, columns(line)));
}

std::string row_line(const Row& row, const Layout& layout, const Painter& painter, MonoTime now) {
  const std::string gap(Layout::kGap, ' ');
  const std::string_view state = row.state();
  const bool dim = state == "stale" || state == "failed";
  const std::string_view resting = dim ? style::kFaint : std::string_view{};
  const std::string_view tint = dim                      ? style::kFaint
                                : row.last.direction > 0 ? style::kGood
                                : row.last.direction < 0 ? style::kBad
                                                         : std::string_view{};
  std::string line = painter.paint(padded_right(printable(row.symbol), layout.symbol), dim ? style::kFaint : style::kTitle);
  line += gap + painter.cell(row.bid, row.decimals, layout.price, now, resting);
  line += gap + painter.cell(row.ask, row.decimals, layout.price, now, resting);
  line += gap + painter.cell(row.last, row.decimals, layout.price, now, tint);
  if (layout.change)
    line += gap + painter.paint(padded_left(change_text(row.change_percent), Layout::kChange), dim ? resting : change_style(row.change_percent));
  if (layout.rate) line += gap + padded_left(rate_text(row.rate.per_second(now)), Layout::kRate);
  if (layout.age) line += gap + padded_left(row.has_data ? age_text(now - row.updated) : "-", Layout::kAge);
  if (layout.state) line += gap + painter.paint(padded_right(state, Layout::kState), style_of_state(state));
  return line;
}

/// Fits a line made of parts: whole parts go from the end when there is no room.
class Parts {
 public:
  Parts(std::size_t width, std::string_view separator) : left_(width), separator_(separator) {}
  void add(std::string_view text, const Painter& painter, std::string_view how = {}) {
    const std::size_t need = columns(text) + (line_.empty() ? 0 : separator_.size());
    if (full_ || text.empty()) return;
    if (need > left_) {
      full_ = true;
      if (line_.empty()) line_ = fitted(text, left_);
      return;
    }
    if (!line_.empty()) line_ += separator_;
    line_ += painter.paint(text, how);
    left_ -= need;
  }
  [[nodiscard]] std::string take() { return std::move(line_); }

 private:
  std::string line_;
  std::size_t left_;
  std::string_view separator_;
  bool full_ = false;
};

std::string title(const Model& model, const View& view, const Painter& painter) {
  Parts parts(view.width, "  ");
  parts.add("tidegate" + (model.version().empty() ? "" : " " + model.version()), painter, style::kTitle);
  parts.add(model.connection(), painter, style_of_state(model.connection()));
  for (const auto& [name, state] : model.brokers()) parts.add(name + ": " + state, painter, style_of_state(state));
  if (model.inside().known()) {
    std::string latency = "latency " + latency_text(model.inside().median()) + " inside";
    if (model.delivery().known()) latency += ", " + latency_text(model.delivery().median()) + " to here";
    parts.add(latency, painter);
  }
  parts.add(printable(model.url()), painter, style::kFaint);
  return parts.take();
}

std::string footer(const Model& model, const View& view, const Painter& painter, MonoTime now) {
  const Totals& totals = model.totals();
  Parts parts(view.width, "  ");
  parts.add(count_text(totals.messages) + " messages in " + clock_text(now - model.start()), painter);
  parts.add(count_text(totals.gaps) + (totals.gaps == 1 ? " gap" : " gaps") + (totals.lost > 0 ? " (" + count_text(totals.lost) + " lost)" : ""),
            painter, totals.gaps > 0 ? style::kWarning : std::string_view{});
  if (totals.holes > 0) parts.add(count_text(totals.holes) + " unexplained holes", painter, style::kBad);
  if (totals.reconnects > 0)
    parts.add(count_text(totals.reconnects) + (totals.reconnects == 1 ? " reconnect" : " reconnects"), painter, style::kWarning);
  parts.add("ctrl-c ends", painter, style::kFaint);
  return parts.take();
}

/// What stands in the way of symbols that failed: one line for a symbol, its channels together when the reason is the same.
std::vector<std::string> failures(const Model& model) {
  std::vector<std::string> lines;
  for (const Row& row : model.rows()) {
    for (auto stream = row.streams.begin(); stream != row.streams.end(); ++stream) {
      if (stream->state != "failed") continue;
      const auto same = [&](const Stream& other) {
        return other.state == "failed" && other.code == stream->code && other.message == stream->message;
      };
      if (std::any_of(row.streams.begin(), stream, same)) continue;
      std::string channels;
      for (const Stream& other : row.streams) {
        if (same(other)) channels += (channels.empty() ? "" : ", ") + other.channel;
      }
      std::string line = "! " + printable(row.symbol) + " (" + channels + "): ";
      if (stream->code != 0) line += std::to_string(stream->code) + " ";
      line += stream->message;
      if (!stream->hint.empty()) line += "; " + stream->hint;
      lines.push_back(std::move(line));
    }
  }
  if (lines.size() > kFailuresShown) {
    const std::size_t more = lines.size() - kFailuresShown;
    lines.resize(kFailuresShown);
    lines.push_back("! and " + std::to_string(more) + " more");
  }
  return lines;
}

}  // namespace

std::vector<std::string> render(const Model& model, const View& view, MonoTime now) {
  const Painter painter(view);
  const Layout layout = lay_out(model, view.width);
  std::vector<std::string> below;
  for (const std::string& line : failures(model)) below.push_back(painter.paint(fitted(line, view.width), style::kBad));
  if (!model.events().empty()) below.push_back(painter.paint(fitted(model.events().back(), view.width), style::kFaint));
  below.push_back(footer(model, view, painter, now));

  std::vector<std::string> lines;
  lines.push_back(title(model, view, painter));
  lines.push_back(painter.paint(fitted(heading(layout, view.width), view.width), style::kHeading));
  const std::size_t room = view.height > lines.size() + below.size() ? view.height - lines.size() - below.size() : 1;
  const bool all = model.rows().size() <= room;
  const std::size_t shown = all ? model.rows().size() : room - 1;
  for (std::size_t i = 0; i < shown; ++i) lines.push_back(row_line(model.rows()[i], layout, painter, now));
  if (!all)
    lines.push_back(painter.paint(fitted("... " + std::to_string(model.rows().size() - shown) + " more symbols, make the window taller", view.width),
                                  style::kFaint));
  lines.insert(lines.end(), below.begin(), below.end());
  if (lines.size() > view.height) lines.resize(view.height);
  return lines;
}

}  // namespace tidegate::watch
