#include "gateway/config/credentials.hpp"

#include <cstdlib>
#include <optional>

#include "gateway/config/config_error.hpp"
#include "gateway/config/program.hpp"
#include "gateway/config/web_value.hpp"
#include "gateway/config/yaml_tree.hpp"

namespace tidegate {
namespace {

constexpr std::string_view kFile = "file:";
constexpr std::string_view kCommand = "command:";
constexpr std::string_view kOtherwise = ":-";
constexpr std::string_view kBraces = "${}";

/// Of "NAME" or "NAME:-otherwise".
std::string variable_name(std::string_view inside) { return std::string(inside.substr(0, inside.find(kOtherwise))); }

bool is_variable_name(std::string_view name) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
  return !name.empty() && name.find_first_not_of(kLetters) == std::string_view::npos && (name[0] < '0' || name[0] > '9');
}

ResolvedText problem(std::string what, std::string remedy) { return {{}, std::move(what), std::move(remedy)}; }

ResolvedText first_line(std::string_view path, const std::filesystem::path& folder) {
  std::string content;
  if (const std::string wrong = read_whole_file(seen_from(folder, path), content); !wrong.empty()) {
    return absent_value("the file " + in_quotes(path) + " cannot be read (" + wrong + ")", "create it, or correct the path or its permissions");
  }
  const std::string line = first_line_of(content);
  if (line.empty()) return absent_value("the first line of the file " + in_quotes(path) + " is empty", "write the value on the file's first line");
  return {line, {}, {}};
}

ResolvedText variable(std::string_view inside) {
  const std::size_t split = inside.find(kOtherwise);
  const std::string name = variable_name(inside);
  if (!is_variable_name(name)) {
    return problem("\"${" + std::string(inside) + "}\" names no environment variable", "write ${NAME} with letters, digits and _, or ${file:PATH}");
  }
  const char* value = std::getenv(name.c_str());
  if (value != nullptr && *value != '\0') return {value, {}, {}};
  if (split != std::string_view::npos) return {std::string(inside.substr(split + kOtherwise.size())), {}, {}};
  return absent_value("the environment variable " + name + (value == nullptr ? " is not set" : " is empty"),
                      "set it before the start: export " + name + "=...");
}

/// Calls `replace(inside)` for each ${inside} and puts together what it returns; stops at the first problem.
template <class Replace>
ResolvedText replace_references(std::string_view text, Replace replace) {
  ResolvedText result;
  while (true) {
    const std::size_t begin = text.find("${");
    result.text.append(text.substr(0, begin));
    if (begin == std::string_view::npos) return result;
    const std::size_t end = text.find('}', begin);
    if (end == std::string_view::npos) return problem("\"${\" has no closing \"}\"", "write ${NAME} or ${file:PATH}");
    ResolvedText part = replace(text.substr(begin + 2, end - begin - 2));
    if (!part.ok()) return part;
    result.text += part.text;
    text.remove_prefix(end + 1);
  }
}

/// What stands between the braces of the first ${...}; nothing when there is none.
std::optional<std::string_view> first_reference(std::string_view text) {
  const std::size_t begin = text.find("${");
  const std::size_t end = begin == std::string_view::npos ? begin : text.find('}', begin);
  if (end == std::string_view::npos) return std::nullopt;
  return text.substr(begin + 2, end - begin - 2);
}

bool is_file(std::string_view inside) { return inside.substr(0, kFile.size()) == kFile; }
bool is_command(std::string_view inside) { return inside.starts_with(kCommand); }

/// Without its arguments, which may be private.
std::string program_name(std::string_view inside) {
  const std::vector<std::string> words = program_words(inside.substr(kCommand.size()));
  return words.empty() ? std::string() : words.front();
}

}  // namespace

ResolvedText absent_value(std::string problem, std::string remedy) { return {{}, std::move(problem), std::move(remedy), true}; }

std::string first_line_of(std::string_view text) {
  std::string_view line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return std::string(line);
}

std::string_view whole_reference(std::string_view text) {
  constexpr std::string_view kBegin = "${";
  if (!text.starts_with(kBegin) || text.find('}') != text.size() - 1) return {};
  return text.substr(kBegin.size(), text.size() - kBegin.size() - 1);
}

bool has_reference(std::string_view text) { return text.find("${") != std::string_view::npos; }

ResolvedText resolve_text(std::string_view text, const std::filesystem::path& folder) {
  return replace_references(text, [&](std::string_view inside) {
    if (is_command(inside)) {
      return problem("a program can give a secret of a broker only, and the whole of it",
                     "write key: \"${command:PROGRAM ARGUMENT...}\" there, or use ${NAME} or ${file:PATH} here");
    }
    if (is_web_address(inside)) {
      return problem("a web server can give a secret of a broker only, and the whole of it",
                     "write key: \"${https://HOST/PATH}\" there, or use ${NAME} or ${file:PATH} here");
    }
    return is_file(inside) ? first_line(inside.substr(kFile.size()), folder) : variable(inside);
  });
}

std::string with_absolute_paths(std::string_view text, const std::filesystem::path& folder) {
  const ResolvedText result = replace_references(text, [&](std::string_view inside) {
    if (!is_file(inside)) return ResolvedText{"${" + std::string(inside) + "}", {}, {}};
    return ResolvedText{"${file:" + seen_from(folder, inside.substr(kFile.size())).string() + "}", {}, {}};
  });
  return result.ok() ? result.text : std::string(text);
}

std::string renewal_of(std::string_view text, std::string_view key) {
  const auto inside = first_reference(text);
  if (!inside) return std::string(key) + " in the configuration, and restart";
  if (is_file(*inside)) return "the file " + std::string(inside->substr(kFile.size()));
  if (is_command(*inside)) return "what the program " + program_name(*inside) + " gives";
  if (is_web_address(*inside)) return "what " + public_address(*inside) + " gives";
  return "the environment variable " + variable_name(*inside) + ", and restart";
}

ValueOrigin origin_of(std::string_view text, const std::filesystem::path& folder) {
  if (!has_reference(text)) return {ValueOrigin::Kind::Literal, {}};
  const auto inside = first_reference(text);
  if (!inside || inside->size() + kBraces.size() != text.size()) return {ValueOrigin::Kind::Mixed, {}};
  if (is_file(*inside)) return {ValueOrigin::Kind::File, seen_from(folder, inside->substr(kFile.size())).string()};
  if (is_command(*inside)) return {ValueOrigin::Kind::Program, program_name(*inside)};
  if (is_web_address(*inside)) return {ValueOrigin::Kind::Web, public_address(*inside)};
  return {ValueOrigin::Kind::Variable, variable_name(*inside)};
}

std::filesystem::path seen_from(const std::filesystem::path& folder, std::string_view path) {
  return std::filesystem::absolute(folder / std::filesystem::path(path)).lexically_normal();
}

}  // namespace tidegate
