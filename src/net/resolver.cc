#include "net/resolver.h"

#include <netdb.h>
#include <netinet/in.h>

#include <cstring>

namespace gatehouse::net {

namespace {

struct Lookup {
  std::vector<Address> addresses;
  std::string error;
};

Lookup look_up(const std::string& host) {
  Lookup out;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  int r = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (r != 0) {
    out.error = ::gai_strerror(r);
    return out;
  }
  for (addrinfo* a = list; a; a = a->ai_next) {
    Address address;
    if (a->ai_family == AF_INET) {
      address.bytes[10] = address.bytes[11] = 0xff;
      std::memcpy(address.bytes.data() + 12, &reinterpret_cast<sockaddr_in*>(a->ai_addr)->sin_addr, 4);
    } else if (a->ai_family == AF_INET6) {
      address.v6 = true;
      std::memcpy(address.bytes.data(), &reinterpret_cast<sockaddr_in6*>(a->ai_addr)->sin6_addr, 16);
    } else {
      continue;
    }
    out.addresses.push_back(address);
  }
  ::freeaddrinfo(list);
  return out;
}

}  // namespace

const std::vector<Address>* Resolver::known(const std::string& host) {
  auto it = entries_.find(host);
  if (it != entries_.end()) return it->second.until > reactor_.now() ? &it->second.addresses : nullptr;
  auto literal = Address::parse(host);
  if (!literal) return nullptr;
  Entry& e = entries_[host];
  e.addresses.push_back(*literal);
  e.until = SteadyTime::max();
  return &e.addresses;
}

Task<Result<std::vector<Address>>> Resolver::resolve(std::string host) {
  if (const auto* have = known(host)) co_return *have;
  auto job = [host] { return look_up(host); };
  auto running = pool_.run(reactor_, std::move(job));
  std::optional<Lookup> found = co_await running;
  Entry& e = entries_[host];
  if (found && !found->addresses.empty()) {
    e.addresses = std::move(found->addresses);
    e.until = reactor_.now() + keep_;
    co_return e.addresses;
  }
  if (!e.addresses.empty()) {
    e.until = reactor_.now() + std::chrono::seconds(1);  // the old answer, and another try soon
    co_return e.addresses;
  }
  entries_.erase(host);
  co_return fail(Source::origin, "resolve", host + ": " + (found ? found->error : "too many lookups at once"));
}

}  // namespace gatehouse::net
