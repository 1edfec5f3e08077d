// Strings that expire, at most so many of them. Not for several threads: MemoryFast puts a lock around each.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"

namespace gatehouse::store {

template <class T>
class ExpiringMap {
 public:
  explicit ExpiringMap(std::size_t capacity) : capacity_(capacity) {}

  // The live value, or null pointer.
  T* find(std::string_view key, WallTime now) {
    auto it = entries_.find(key);
    if (it == entries_.end()) return nullptr;
    if (it->second.expires > now) return &it->second.value;
    remove(it);
    return nullptr;
  }

  // Sets value and expiry. False, and nothing changed, when the map is full of live entries.
  bool put(std::string_view key, T value, WallTime expires, WallTime now) {
    if (auto it = entries_.find(key); it != entries_.end()) remove(it);
    while (!order_.empty() && order_.begin()->first <= now) drop_first();
    if (entries_.size() >= capacity_) return false;
    auto it = entries_.emplace(std::string(key), Entry{std::move(value), expires, {}}).first;
    it->second.place = order_.emplace(expires, it->first);
    return true;
  }

  // Makes room by forgetting what would expire first.
  void forget_first() {
    if (!order_.empty()) drop_first();
  }

  bool erase(std::string_view key, WallTime now) {
    auto it = entries_.find(key);
    if (it == entries_.end()) return false;
    const bool live = it->second.expires > now;
    remove(it);
    return live;
  }

  std::size_t size() const { return entries_.size(); }

 private:
  using Order = std::multimap<WallTime, std::string_view>;  // views into the entries' keys
  struct Entry {
    T value;
    WallTime expires;
    typename Order::iterator place;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
  };
  using Entries = std::unordered_map<std::string, Entry, Hash, std::equal_to<>>;

  void remove(typename Entries::iterator it) {
    order_.erase(it->second.place);
    entries_.erase(it);
  }
  void drop_first() { remove(entries_.find(order_.begin()->second)); }

  std::size_t capacity_;
  Entries entries_;
  Order order_;
};

}  // namespace gatehouse::store
