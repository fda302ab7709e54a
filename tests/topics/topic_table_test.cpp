#include "distributor/topics/topic_table.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace tidegate::distributor;

TEST_CASE("topic names: any readable text without spaces, quotation marks, backslashes and asterisks") {
  for (const char* const name : {"orders", "user:42:orders", "strategy:7:orders", "user:a.b+c@d.example:orders", "user:Zo\xc3\xab:orders", "a"}) {
    CHECK_MESSAGE(is_topic_name(name), name);
  }
  for (const char* const name : {"", "a b", "a\"b", "a\\b", "user:*", "a\nb", "\x7f", "\xff", "\xc3"}) CHECK_FALSE_MESSAGE(is_topic_name(name), name);
  CHECK(is_topic_name(std::string(kTopicBytesMax, 'x')));
  CHECK_FALSE(is_topic_name(std::string(kTopicBytesMax + 1, 'x')));
  CHECK(is_personal_topic("user:1:orders"));
  CHECK(is_personal_topic("portfolio:1"));
  CHECK_FALSE(is_personal_topic("portfolio"));
}

TEST_CASE("topic table: members come and go in any order, and their positions stay right") {
  TopicTable table(100);
  const TopicSlot a = table.open("a"), b = table.open("b");
  CHECK(table.open("a") == a);
  for (SubscriberSlot subscriber = 0; subscriber < 10; ++subscriber) {
    CHECK(table.add(subscriber, a));
    CHECK(table.add(subscriber, b));
    CHECK_FALSE(table.add(subscriber, a));
  }
  CHECK(table.subscription_count() == 20);
  CHECK(table.remove(0, a));
  CHECK_FALSE(table.remove(0, a));
  table.remove_all(5);
  table.remove_all(5);
  CHECK(table.subscription_count() == 17);
  CHECK(table.topic(a).members.size() == 8);
  for (SubscriberSlot subscriber = 0; subscriber < 10; ++subscriber) {
    const TopicMember* const member = table.member(subscriber, a);
    CHECK((member != nullptr) == (subscriber != 0 && subscriber != 5));
    if (member != nullptr) CHECK(member->subscriber == subscriber);
  }
  CHECK(table.topics_of(1) == std::vector<TopicSlot>{a, b});
  CHECK(table.subscriptions_of(0) == 1);
  CHECK(table.subscriptions_of(1'000) == 0);
  CHECK(table.member(1'000, a) == nullptr);
}

TEST_CASE("topic table: retained values and their bytes are counted") {
  TopicTable table(100);
  const TopicSlot a = table.open("a"), b = table.open("b");
  table.retain(a, "12345", 1);
  table.retain(b, "123", 1);
  CHECK(table.retained_count() == 2);
  CHECK(table.retained_bytes() == 8);
  table.retain(a, "1", 2);
  CHECK(table.retained_count() == 2);
  CHECK(table.retained_bytes() == 4);
  table.retain(a, "", 3);
  table.retain(a, "", 4);
  CHECK(table.retained_count() == 1);
  CHECK(table.retained_bytes() == 3);
}

TEST_CASE("topic table: when it is full, only what is of no use to anybody is forgotten") {
  TopicTable table(4);
  const TopicSlot read = table.open("read"), live = table.open("live"), retained = table.open("retained"), unused = table.open("unused");
  table.add(1, read);
  table.topic(live).live = true;
  table.retain(retained, "1", 1);
  table.topic(unused).seq = 41;
  CHECK(table.open("new") == unused);
  CHECK(table.topic(unused).name == "new");
  CHECK(table.topic(unused).seq == 41);  // its next number is above all that were given before
  CHECK(table.find("unused") == kNoTopic);
  table.add(1, unused);
  CHECK(table.open("another") == kNoTopic);
  CHECK(table.topic_count() == 4);
}
