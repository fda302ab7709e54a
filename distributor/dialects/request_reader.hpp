// What both dialects' requests have in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "distributor/protocol.hpp"
#include "distributor/raw_json.hpp"

namespace tidegate::distributor {

/// True: valid JSON, an object that is no request of the native protocol. Else parse_request() reads it, or says what is wrong.
[[nodiscard]] bool is_foreign_object(std::string_view payload);

/// The texts of a list under `name`; a key that is absent gives none.
[[nodiscard]] Complaint read_texts(std::string_view object, std::string_view name, std::vector<std::string>& out);

/// The request's `id`, where it is a text, number or word and not too long.
[[nodiscard]] std::string read_id(std::string_view object);

/// Refuses more pairs and topics than one request may hold.
[[nodiscard]] Complaint check_size(const Request& request);

}  // namespace tidegate::distributor
