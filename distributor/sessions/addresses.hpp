// Addresses and names of machines, as peers and `Host` headers give them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidegate::distributor {

/// ASCII letters alone; names of hosts have no others.
[[nodiscard]] std::string lower_case(std::string_view text);

/// `127.0.0.0/8`, `::1` or `localhost`; IPv6 with or without brackets.
[[nodiscard]] bool is_loopback_host(std::string_view host);

/// The value of a `Host` header, or an entry of server.hosts. IPv6 comes with brackets and keeps them.
struct HostText {
  std::string name;  // in lower case; empty: this is no host
  std::string port;  // empty: none given
};
[[nodiscard]] HostText parse_host(std::string_view text);

/// By which names this gateway may be called. A page of another site can make its own name stand for our address, but cannot change the name that a
/// browser then sends: https://owasp.org/www-community/attacks/DNS_Rebinding.
class HostRules {
 public:
  /// `listen` is the address that is listened on, `hosts` the further names: NAME, or NAME:PORT for that port alone.
  HostRules(std::string_view listen, const std::vector<std::string>& hosts);

  /// Ports of loopback names are not looked at: a tunnel has another one than ours, and no name that a site can choose is among them.
  [[nodiscard]] bool allows(std::string_view host_header) const;

 private:
  std::string listen_;
  bool any_address_;  // listens on all addresses, so it may be called by each; an address is no name that a site can choose
  std::vector<HostText> hosts_;
};

}  // namespace tidegate::distributor
