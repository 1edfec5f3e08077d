// Row-level security of a Supabase project, as its migrations leave it.
#pragma once

#include "audit/check.h"

namespace gatehouse::audit {

// SQL migrations of a Supabase project: tables of the public schema and whether row-level security was switched on.
class RowSecurityReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override { return entry.kind == Kind::sql; }
  void read(const Source& source, Project& project, Sink& sink) override;
};

class RowSecurityCheck final : public Check {
 public:
  void look(const Project& project, Sink& sink) const override;
};

}  // namespace gatehouse::audit
