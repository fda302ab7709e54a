// The file that a ContractBook is kept in: FOLDER/BROKER-contracts.json.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "brokers/ibkr/contract_book.hpp"

namespace tidegate::ibkr {

/// Pure: the book as JSON, and back. Every field is checked: whatever is not as it would be written makes the text none (nothing).
[[nodiscard]] std::string to_json(const ContractBook& book);
[[nodiscard]] std::optional<ContractBook> read_book(std::string_view json);

/// Blocks on the disk.
class ContractCache {
 public:
  /// An empty folder: no cache; nothing is found and writing does nothing.
  ContractCache(const std::string& folder, std::string_view broker);

  /// Nothing: there is no file. A file that cannot be read is an empty book, and `problem` says so.
  [[nodiscard]] std::optional<ContractBook> read(std::string& problem) const;
  /// Replaces the file in one step. Returns what went wrong; empty: nothing.
  [[nodiscard]] std::string write(const ContractBook& book) const;

 private:
  std::filesystem::path path_;  // empty: no cache
};

}  // namespace tidegate::ibkr
