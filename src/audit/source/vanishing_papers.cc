#include "audit/source/vanishing_papers.h"

#include "audit/source/schema.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool word_char(char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_'; }

// What the books have to keep: it tells of money that was taken.
bool paper(std::string_view record) {
  return has_word(record,
                  {"payment",  "payments", "invoice",     "invoices",     "transaction", "transactions", "receipt",
                   "receipts", "payout",   "payouts",     "purchase",     "purchases",   "order",        "orders",
                   "booking",  "bookings", "reservation", "reservations", "refund",      "refunds",      "billing"}) &&
         !has_word(record, {"item", "items", "line", "lines", "method", "methods", "log", "status", "note", "seat",
                            "seats", "detail", "details", "product", "products"});
}

// A part of the paper may go with the paper.
bool part_of_paper(std::string_view target) { return paper(target) || has_word(target, {"cart", "checkout"}); }

std::string_view name_at(std::string_view line, std::size_t at) {
  while (at < line.size() && !word_char(line[at])) ++at;
  std::size_t end = at;
  while (end < line.size() && (word_char(line[end]) || line[end] == '.')) ++end;
  const std::string_view whole = line.substr(at, end - at);
  return whole.substr(whole.rfind('.') == whole.npos ? 0 : whole.rfind('.') + 1);
}

// class Payment(models.Model):, model Payment {, create table payments (, class Payment {, define("Payment"
std::string_view declared(std::string_view line) {
  for (const std::string_view mark : {"class ", "export class ", "model "})
    if (line.starts_with(mark)) return name_at(line, mark.size());
  if (icontains_any(line.substr(0, 13), {"create table "})) {
    std::size_t at = 13;
    if (icontains_any(line.substr(at, 14), {"if not exists "})) at += 14;
    return name_at(line, at);
  }
  for (const std::string_view mark : {"define(", "pgTable(", "mysqlTable("})
    if (const std::size_t at = line.find(mark); at != line.npos) return name_at(line, at + mark.size());
  return {};
}

// What the column points to.
std::string_view target_of(std::string_view line) {
  for (const std::string_view mark : {"ForeignKey(", "OneToOneField(", "REFERENCES ", "references "})
    if (const std::size_t at = line.find(mark); at != line.npos) return name_at(line, at + mark.size());
  return name_at(line, 0);
}

class PapersReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override {
    if (entry.role != Role::product || contains(entry.path, "migrations/0")) return false;
    using enum gatehouse::audit::Kind;
    return entry.kind == python || entry.kind == typescript || entry.kind == sql || entry.path.ends_with(".prisma");
  }
  void read(const Source& source, Project&, Sink& sink) override {
    if (source.patterns_only()) return;
    for (const Spot& s : vanishing_papers(source.path(), source.text())) sink.find("PAY-011", s.at, s.shown);
  }
};

}  // namespace

std::vector<Spot> vanishing_papers(std::string_view path, std::string_view text) {
  std::vector<Spot> out;
  if (!icontains_any(text, {"cascade"})) return out;
  std::string_view record;
  bool told = false;
  int number = 0;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t stop = std::min(text.find('\n', start), text.size());
    const std::string_view line = text::trim(text.substr(start, stop - start));
    start = stop + 1;
    ++number;
    if (const std::string_view name = declared(line); !name.empty()) {
      record = name;
      told = false;
    }
    if (told || !paper(record)) continue;
    const bool django = contains(line, "on_delete") && contains(line, "CASCADE");
    const bool prisma = contains(line, "onDelete: Cascade");
    const bool sql = icontains_any(line, {"on delete cascade"});
    const bool mapper = contains(line, "onDelete: 'CASCADE'") || contains(line, "onDelete: \"CASCADE\"") ||
                        contains(line, "ondelete=\"CASCADE\"") || contains(line, "ondelete='CASCADE'");
    if ((!django && !prisma && !sql && !mapper) || part_of_paper(target_of(line))) continue;
    told = true;
    out.push_back({place(path, number), redacted(line)});
  }
  return out;
}

std::unique_ptr<Reader> vanishing_papers_reader() { return std::make_unique<PapersReader>(); }

}  // namespace gatehouse::audit::source
