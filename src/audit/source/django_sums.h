// Sums of money in records of sales that a serializer takes with all other fields: fields = "__all__", and nobody says
// that the price is only read.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct DjangoSums {
  std::map<std::string, std::set<std::string>> sums;  // of each model
  struct Whole {
    std::string serializer, model;
    std::set<std::string> read_only;
    Spot at;
  };
  std::vector<Whole> wholes;
  std::set<std::string> read, written;  // serializers of views that only read, and of others
};

void read_django_sums(File& file);
void judge_django_sums(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
