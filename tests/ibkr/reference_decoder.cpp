#include "tests/ibkr/reference_decoder.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <regex>
#include <set>

#include "gateway/core/decimal.hpp"

namespace tidegate::test::ibkr {
namespace {

using rapidjson::Value;

/// A scalar as it stood in the text.
struct Scalar {
  enum Kind { Absent, Null, Text, Number, Boolean, Structure } kind = Absent;
  std::string text;
};

/// The last member of that name: `types` has real types, `texts` has numbers as texts.
Scalar scalar(const Value& types, const Value& texts, const std::string& name) {
  Scalar found;
  auto text = texts.MemberBegin();
  for (auto member = types.MemberBegin(); member != types.MemberEnd(); ++member, ++text) {
    if (std::string{member->name.GetString(), member->name.GetStringLength()} != name) continue;
    const Value& value = member->value;
    found.kind = value.IsNull()     ? Scalar::Null
                 : value.IsString() ? Scalar::Text
                 : value.IsNumber() ? Scalar::Number
                 : value.IsBool()   ? Scalar::Boolean
                                    : Scalar::Structure;
    found.text = text->value.IsString() ? std::string{text->value.GetString(), text->value.GetStringLength()} : std::string{};
  }
  return found;
}

std::string trimmed(std::string text) {
  while (!text.empty() && std::string_view{" \t\r\n"}.find(text.front()) != std::string_view::npos) text.erase(0, 1);
  while (!text.empty() && std::string_view{" \t\r\n"}.find(text.back()) != std::string_view::npos) text.pop_back();
  return text;
}

/// 10^power times a plain decimal text; nothing where that is more than the gateway holds.
std::optional<std::string> shifted(const std::string& digits, int power) {
  const auto plain = parse_decimal(digits);
  if (!plain.ok()) return std::nullopt;
  if (plain->is_zero()) return "0";
  if (plain->exponent + power < -128 || plain->exponent + power > 64) return std::nullopt;
  const Decimal moved{plain->mantissa, static_cast<std::int8_t>(plain->exponent + power)};
  if (moved.exponent > 0 && !rescale(moved, 0).present()) return std::nullopt;
  return to_text(moved);
}

/// Canonical text of digits with commas and signs; nothing: unreadable.
std::optional<std::string> digits(const std::string& text, int power = 0) {
  static const std::regex kForm{R"((\+?|-)[0-9]+(,[0-9]+)*(\.[0-9]+)?)"};
  if (!std::regex_match(text, kForm)) return std::nullopt;
  std::string plain = text.front() == '+' ? text.substr(1) : text;
  plain.erase(std::remove(plain.begin(), plain.end(), ','), plain.end());
  if (plain.size() > 64) return std::nullopt;
  return shifted(plain, power);
}

std::optional<std::string> json_number(const std::string& text) {
  const std::size_t e = text.find_first_of("eE");
  if (e == std::string::npos) return digits(text);
  auto mantissa = digits(text.substr(0, e));
  if (!mantissa || *mantissa == "0") return mantissa;
  const std::string power = text.substr(e + 1);
  if (power.size() > 5) return std::nullopt;
  const int n = std::stoi(power);
  if (n > 64 || n < -128) return std::nullopt;
  return digits(text.substr(0, e), n);
}

/// What a field says: "" for no value, nothing where it cannot be read. `form`: p price, q quantity, % percent, l last price, d price of a ladder.
std::optional<std::string> read(const Scalar& scalar, char form, std::string& mark) {
  if (scalar.kind == Scalar::Null || scalar.kind == Scalar::Absent) return "";
  if (scalar.kind != Scalar::Number && scalar.kind != Scalar::Text) return std::nullopt;
  std::optional<std::string> value;
  if (scalar.kind == Scalar::Number) {
    value = json_number(scalar.text);
  } else {
    std::string text = trimmed(scalar.text);
    const auto nothing = [&] { return text.empty() || text == "-" || text == "N/A"; };
    if (nothing()) return "";
    int power = 0;
    if (form == 'l' && (text[0] == 'C' || text[0] == 'H')) {
      mark = text.substr(0, 1);
      text = trimmed(text.substr(1));
      if (nothing()) return "";
    }
    if (form == '%' && text.back() == '%') text = trimmed(text.substr(0, text.size() - 1));
    if (form == 'q') {
      const std::size_t letter = std::string_view{"KMBkmb"}.find(text.back());
      if (letter != std::string_view::npos) {
        power = 3 * static_cast<int>(letter % 3 + 1);
        text = trimmed(text.substr(0, text.size() - 1));
      }
    }
    if (const std::size_t at = text.find('@'); form == 'd' && at != std::string::npos) {
      if (!digits(trimmed(text.substr(0, at)))) return std::nullopt;
      text = trimmed(text.substr(at + 1));
    }
    value = digits(text, power);
  }
  if (value && form == 'q' && value->front() == '-') return std::nullopt;
  return value;
}

std::optional<std::uint64_t> whole(const std::string& text) {
  if (text.empty() || text.size() > 30 || text.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (value > (UINT64_MAX - static_cast<std::uint64_t>(c - '0')) / 10) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

/// "265598" or "265598@ARCA" from an id and an exchange; nothing: impossible.
std::optional<std::string> instrument(const std::string& text, char separator) {
  static const std::regex kExchange{"[A-Z0-9._-]{1,20}"};
  const std::size_t end = text.find(separator);
  const auto conid = whole(text.substr(0, end));
  if (!conid || *conid == 0) return std::nullopt;
  if (end == std::string::npos) return std::to_string(*conid);
  if (!std::regex_match(text.substr(end + 1), kExchange)) return std::nullopt;
  return std::to_string(*conid) + "@" + text.substr(end + 1);
}

std::string access_name(char letter) {
  switch (letter) {
    case 'R':
      return "real_time";
    case 'D':
      return "delayed";
    case 'Z':
      return "frozen";
    case 'Y':
      return "delayed_frozen";
    case 'N':
      return "not_entitled";
    case '!':
      return "no_instrument";
    default:
      return "unstated";
  }
}
bool is_delayed(char letter) { return letter == 'D' || letter == 'Y'; }
bool is_frozen(char letter) { return letter == 'Z' || letter == 'Y'; }
bool is_nothing(char letter) { return letter == 'N' || letter == '!'; }

std::string or_none(const std::string& value) { return value.empty() ? "none" : value; }

struct TickerEntry {
  const char* name;
  std::vector<std::string> sources;
  std::string decisive{};  // a field that may end it besides its own source
};
const std::vector<TickerEntry> kTicker = {
    {"price", {"31"}},          {"change", {"82"}},         {"percent", {"83"}},   {"high", {"70"}},           {"low", {"71"}},
    {"volume", {"7762", "87"}}, {"open", {"7295"}},         {"close", {"7741"}},   {"last_size", {"7059"}},    {"interest", {"7697", "7638"}},
    {"bid", {"84"}, "88"},      {"bid_size", {"88"}, "84"}, {"ask", {"86"}, "85"}, {"ask_size", {"85"}, "86"},
};
const std::map<std::string, char> kForms = {{"31", 'l'}, {"7059", 'q'}, {"84", 'p'},   {"88", 'q'},   {"86", 'p'},   {"85", 'q'},
                                            {"70", 'p'}, {"71", 'p'},   {"7295", 'p'}, {"7741", 'p'}, {"7762", 'q'}, {"87", 'q'},
                                            {"82", 'p'}, {"83", '%'},   {"7638", 'q'}, {"7697", 'q'}};

}  // namespace

struct ReferenceDecoder::Reading {
  const Value& types;
  const Value& texts;
  [[nodiscard]] Scalar operator()(const std::string& name) const { return scalar(types, texts, name); }
};

ReferenceOutcome ReferenceDecoder::decode(const std::string& message) {
  ReferenceOutcome outcome;
  rapidjson::Document types, texts;
  types.Parse(message.data(), message.size());
  texts.Parse<rapidjson::kParseNumbersAsStringsFlag>(message.data(), message.size());
  if (types.HasParseError() || texts.HasParseError() || !types.IsObject()) {
    outcome.bad = true;
    outcome.not_json = types.HasParseError() || texts.HasParseError();
    return outcome;
  }
  const Reading reading{types, texts};
  const Scalar topic = reading("topic");
  if (topic.kind == Scalar::Absent || topic.kind == Scalar::Null) {
    const auto sent = [&](const char* name) { return reading(name).kind != Scalar::Absent; };
    (sent("message") || sent("result") || sent("error") ? outcome.control : outcome.bad) = true;
    return outcome;
  }
  if (topic.kind != Scalar::Text) {
    outcome.bad = true;
    return outcome;
  }
  const std::size_t plus = topic.text.find('+');
  const std::string code = topic.text.substr(0, plus);
  const std::string target = plus == std::string::npos ? "" : topic.text.substr(plus + 1);
  static const std::map<std::string, std::string> kAccounts = {
      {"sor", "order"}, {"str", "execution"}, {"spl", "profit_loss"}, {"ssd", "summary"}, {"sld", "ledger"}};
  static const std::set<std::string> kControl = {"sts", "act", "tic", "ntf", "blt", "system", "error"};
  if (code == "smd") {
    market_data(target, reading, outcome);
  } else if (code == "sbd") {
    ladder(target, reading, outcome);
  } else if (kAccounts.contains(code)) {
    outcome.lines.push_back("account " + kAccounts.at(code) + " " + message);
  } else {
    (kControl.contains(code) ? outcome.control : outcome.ignored) = true;
  }
  return outcome;
}

void ReferenceDecoder::market_data(const std::string& stream, const Reading& reading, ReferenceOutcome& outcome) {
  if (stream.find(';') != std::string::npos) {
    outcome.ignored = true;
    return;
  }
  const auto named = instrument(stream, '@');
  if (!named) {
    outcome.bad = true;
    return;
  }
  State& state = streams_[stream];
  const auto& head = [&](const std::string& kind) {
    const std::string flags = std::string{is_delayed(state.access) ? " delayed" : ""} + (is_frozen(state.access) ? " stale" : "");
    return kind + " " + *named + flags + (state.updated.empty() ? "" : " at " + state.updated);
  };

  std::string updated;
  if (const Scalar time = reading("_updated"); time.kind != Scalar::Absent && time.kind != Scalar::Null) {
    const auto ms = time.kind == Scalar::Number || time.kind == Scalar::Text ? whole(time.text) : std::nullopt;
    if (ms && *ms > 0 && *ms <= 9'223'372'036'854U) {
      updated = std::to_string(*ms);
    } else {
      outcome.bad = true;
    }
  }
  std::map<std::string, std::string> sent;
  std::string mark;
  for (const auto& [name, form] : kForms) {
    const Scalar scalar = reading(name);
    if (scalar.kind == Scalar::Absent || scalar.kind == Scalar::Boolean || scalar.kind == Scalar::Structure) continue;
    const auto value = read(scalar, form, mark);
    if (!value) {
      outcome.bad = true;
      if (name == "31") mark.clear();
    }
    sent[name] = value.value_or("");
  }
  const Scalar availability = reading("6509");
  const bool stated = availability.kind == Scalar::Text && !availability.text.empty();
  const auto says = [&](const char* name, const char* text) { return reading(name).kind == Scalar::Text && reading(name).text == text; };
  const bool unknown = sent.size() == 1 && says("31", "N/A") && says("55", "-");
  const bool any = std::any_of(sent.begin(), sent.end(), [](const auto& entry) { return !entry.second.empty(); });

  char access = state.access;
  if (stated) {
    access = std::string_view{"RDZYNO"}.find(availability.text[0]) == std::string_view::npos ? '?' : availability.text[0];
    if (access == 'O') access = 'N';
  } else if (unknown) {
    access = '!';
  } else if (is_nothing(access) && any) {
    access = '?';
  }
  if (!updated.empty()) state.updated = updated;
  if (access != state.access) outcome.lines.push_back("access " + *named + " " + access_name(access));
  if (is_nothing(access) || (is_delayed(state.access) && !is_delayed(access))) {
    state.values.clear();
    state.mark.clear();
    state.close_marked = false;
    state.trading.clear();
    state.fresh = true;
  }
  state.access = access;
  if (is_nothing(access)) {
    outcome.ignored = outcome.lines.empty() && !outcome.bad;
    return;
  }

  const bool answer = stated && (state.snapshot_updated.empty() || state.snapshot_updated != updated);
  if (answer) state.snapshot_updated = updated;
  std::set<std::string> told;
  bool changed = false;
  const auto set = [&](const std::string& name, const std::string& value) {
    if (state.values[name] == value) return;
    state.values[name] = value;
    told.insert(name);
    changed = true;
  };
  for (const auto& [name, value] : sent) set(name, value);
  if (sent.contains("7741")) state.close_marked = false;
  if (sent.contains("31")) {
    if (state.mark != mark) changed = true;
    state.mark = mark;
    if (mark == "C" && (state.values["7741"].empty() || state.close_marked)) {
      set("7741", state.values["31"]);
      state.close_marked = true;
    }
  }
  if (changed || answer) {
    for (const auto& [name, value] : sent) told.insert(name);
  } else {
    told.clear();
  }

  const std::string trading_before = state.trading;
  if (!state.values["31"].empty() && state.mark != "C") {
    if (state.mark == "H") {
      state.trading = "halted";
    } else if (!is_frozen(access) || !state.trading.empty()) {
      state.trading = "trading";
    }
  }
  if (state.trading != trading_before) outcome.lines.push_back(head("status") + " " + state.trading);

  const auto side = [&](const char* price, const char* size) {
    const bool none = state.values[price] == "-1" && (state.values[size].empty() || state.values[size] == "0");
    return none || state.values[price].empty() ? std::array<std::string, 2>{"", ""}
                                               : std::array<std::string, 2>{state.values[price], state.values[size]};
  };
  const auto bid = side("84", "88"), ask = side("86", "85");
  if (told.contains("84") || told.contains("88") || told.contains("86") || told.contains("85")) {
    const auto shown = [](const std::array<std::string, 2>& s) { return s[0].empty() ? "none@none" : or_none(s[1]) + "@" + s[0]; };
    outcome.lines.push_back(head("quote") + " " + shown(bid) + " " + shown(ask));
  }
  if (!told.empty()) {
    std::string present, over, standing;
    std::size_t over_count = 0;
    for (const TickerEntry& entry : kTicker) {
      const std::string name = entry.name;
      std::string value;
      for (const std::string& source : entry.sources) {
        if (value.empty()) value = state.values[source];
      }
      if (name == "price" && state.mark == "C") value.clear();
      if (name == "bid") value = bid[0];
      if (name == "bid_size") value = bid[1];
      if (name == "ask") value = ask[0];
      if (name == "ask_size") value = ask[1];
      if (name == "volume" && state.values["7762"].empty() && value.size() > 12 && compare(*parse_decimal(value), {1, 12}) > 0) value.clear();
      const bool spoken = std::any_of(entry.sources.begin(), entry.sources.end(), [&](const std::string& source) { return told.contains(source); });
      if (spoken && !value.empty()) {
        present += " " + name + "=" + value;
      } else if ((spoken || state.fresh || (told.contains(entry.decisive) && !state.values[entry.sources[0]].empty())) && value.empty()) {
        over += " " + name + "=none";
        ++over_count;
      } else if (!value.empty()) {
        standing += " " + name + "=" + value;
      }
    }
    state.fresh = false;
    if (!present.empty() || !over.empty()) {
      outcome.lines.push_back(head("ticker") + present + (over_count > 3 ? " and nothing else" : over) + (standing.empty() ? "" : " |" + standing));
    }
  }
  outcome.ignored = outcome.lines.empty() && !outcome.bad;
}

void ReferenceDecoder::ladder(const std::string& target, const Reading& reading, ReferenceOutcome& outcome) {
  const std::size_t account = target.find('+');
  const auto named = account == std::string::npos ? std::nullopt : instrument(target.substr(account + 1), '+');
  if (!named) {
    (target.empty() ? outcome.ignored : outcome.bad) = true;
    return;
  }
  auto& rows = ladders_[target];
  bool changed = false;
  auto text_member = reading.texts.MemberBegin();
  const Value *list = nullptr, *list_texts = nullptr;
  for (auto member = reading.types.MemberBegin(); member != reading.types.MemberEnd(); ++member, ++text_member) {
    if (std::string_view{member->name.GetString(), member->name.GetStringLength()} != "data" || !member->value.IsArray()) continue;
    list = &member->value;
    list_texts = &text_member->value;
  }
  for (rapidjson::SizeType i = 0; list != nullptr && i < list->Size(); ++i) {
    if (!(*list)[i].IsObject()) continue;
    const Reading row{(*list)[i], (*list_texts)[i]};
    const Scalar index = row("row");
    const auto number = index.kind == Scalar::Number || index.kind == Scalar::Text ? whole(index.text) : std::nullopt;
    if (!number || *number >= 1'000) {
      outcome.bad = true;
      continue;
    }
    std::string mark;
    const auto price = read(row("price"), 'd', mark), bid = read(row("bid"), 'q', mark), ask = read(row("ask"), 'q', mark);
    std::array<std::string, 3> next;
    const auto filled = [](const std::optional<std::string>& size) { return !size->empty() && *size != "0"; };
    if (!price || !bid || !ask) {
      outcome.bad = true;
    } else if (!price->empty() && (filled(bid) || filled(ask))) {
      next = {*price, *bid, *ask};
    }
    auto& known = rows[static_cast<int>(*number)];
    changed = changed || known != next;
    known = next;
  }
  if (!changed) {
    outcome.ignored = !outcome.bad;
    return;
  }
  const auto side = [&rows](std::size_t which, int sign) {
    std::vector<std::pair<Decimal, std::string>> levels;
    for (const auto& [index, row] : rows) {
      if (!row[which].empty() && row[which] != "0") levels.emplace_back(*parse_decimal(row[0]), row[which] + "@" + row[0]);
    }
    std::stable_sort(levels.begin(), levels.end(), [sign](const auto& a, const auto& b) { return sign * compare(a.first, b.first) < 0; });
    std::string out;
    for (const auto& level : levels) out += " " + level.second;
    return out;
  };
  std::string stream = target.substr(account + 1);
  std::replace(stream.begin(), stream.end(), '+', '@');
  std::string flags;
  if (const auto market = streams_.find(stream); market != streams_.end()) {
    flags = std::string{is_delayed(market->second.access) ? " delayed" : ""} + (is_frozen(market->second.access) ? " stale" : "");
  }
  outcome.lines.push_back("depth " + *named + flags + " bids" + side(1, -1) + " asks" + side(2, 1));
}

}  // namespace tidegate::test::ibkr
