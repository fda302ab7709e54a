// What may happen to each broker in a run of chaos.
#pragma once

#include <string>
#include <vector>

namespace tidegate::chaos {

struct Fault {
  std::string text;       // as the simulator reads it; "freeze" stops the whole simulator for a while, "packet-loss" the network
  bool breaks = false;    // a connection or a book is lost for certain, and subscribers must be told
  std::string then = {};  // committed right after it: what makes it felt
  int weight = 4;         // how often, beside the others
};

[[nodiscard]] const std::vector<Fault>& faults_of(const std::string& broker);

}  // namespace tidegate::chaos
