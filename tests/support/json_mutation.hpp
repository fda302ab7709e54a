// JSON texts with random faults, for decoders that are held against a reference.
#pragma once

#include <array>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace tidegate::test {

/// `text` with one to three faults: bytes and digits replaced, pieces cut out or put in, values and keys replaced whole, and parts of another text of
/// the corpus. `pieces` are those that mean something to the decoder, besides JSON's own.
inline std::string mutate_json(std::string text, std::span<const std::string_view> pieces, std::span<const std::string> corpus,
                               std::mt19937& random) {
  static constexpr std::array<std::string_view, 18> kJsonPieces{"null", "true", "0",  "-1", "1.5", "\"\"", "[]", "{}", ",",
                                                                ":",    "\\",   "\"", "[",  "]",   "{",    "}",  " ",  "\xff"};
  const auto piece = [&] {
    const std::size_t i = random() % (kJsonPieces.size() + pieces.size());
    return i < kJsonPieces.size() ? kJsonPieces[i] : pieces[i - kJsonPieces.size()];
  };
  for (auto edits = 1 + random() % 3; edits > 0 && !text.empty(); --edits) {
    const std::size_t at = random() % text.size();
    switch (random() % 9) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text.erase(at, 1 + random() % 12);
        break;
      case 2:
        text.insert(at, piece());
        break;
      case 3:
        text.insert(at, text.substr(random() % text.size(), random() % 40));
        break;
      case 4:
      case 5: {  // another digit
        const auto digit = text.find_first_of("0123456789", at);
        if (digit != std::string::npos) text[digit] = static_cast<char>('0' + random() % 10);
        break;
      }
      case 6:
      case 7: {  // replace a value or a key whole, so that the result often stays JSON
        const auto begin = text.find_first_of(":,{", at);
        const auto end = begin == std::string::npos ? begin : text.find_first_of(":,}]", begin + 1);
        if (end != std::string::npos) text.replace(begin + 1, end - begin - 1, piece());
        break;
      }
      default: {
        const std::string& other = corpus[random() % corpus.size()];
        text.replace(at, random() % 60, other.substr(random() % other.size(), random() % 60));
      }
    }
  }
  return text;
}

}  // namespace tidegate::test
