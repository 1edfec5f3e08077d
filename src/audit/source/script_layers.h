// Values followed from a route's handler through services and repositories to the record they choose.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "audit/source/data.h"

namespace gatehouse::audit::source {

// Where a value comes from: a bit for each parameter of the function, and two for a handler.
using Labels = std::uint32_t;
inline constexpr Labels kAsked = 1u << 27;     // … of a query: shaped, too, where its parser makes lists and objects
inline constexpr Labels kShaped = 1u << 28;    // … of a body: a list or an object as well as text
inline constexpr Labels kBody = 1u << 29;      // all that the client sent, no schema has looked at it
inline constexpr Labels kClient = 1u << 30;    // the client sent it to say which record is meant
inline constexpr Labels kIdentity = 1u << 31;  // who the verified caller is
// In a handler: which of the ids of its path, a bit for each.
inline constexpr Labels kEachId = (1u << 20) - 1;

struct Schema;

struct Callee {
  std::string module;  // resolved; empty when unknown
  std::string type;    // class whose method it is; empty for a function
  std::string name;
  std::string about;  // the record it is made for: new CrudService(User).remove(id), createOne(Tour)
};

enum class ListBound : unsigned char { held, clients, none };  // who says where a list ends

struct Step {
  std::optional<Touch::Kind> touch;  // nothing for a call
  ListBound bound = ListBound::held;
  std::string record;
  bool mighty = false;             // with a key that no policy of the database holds
  bool by_owner = false;           // the condition names an owner's column
  bool by_parent = false;          // … or the key of what belongs to somebody
  bool by_proof = false;           // … or a token, a code, an address of a mail: not an id one may count up
  Labels labels = 0;               // of the condition
  Labels written = 0;              // of what is written as a whole: data: body, { ...body }
  bool overwrites = false;         // … and a row that has the id sent is written over: save() of TypeORM
  std::vector<std::string> fixed;  // … and the columns that are set to other values after it
  Labels money = 0;                // of a price or a sum that is written as it came
  Labels owner = 0;                // of what is written into an owner's column as it came
  Labels hung = 0;                 // … into a column that points to what belongs to somebody
  std::string hung_on;             // that record
  Callee callee;
  std::vector<std::pair<std::string, Labels>> handed;  // by position ("0", "1") or by key of an object ("0.userId")
  std::vector<std::pair<std::string, Labels>> given;   // the same, of what is handed on as it came
  Spot at;
};

// A value that leaves a function, whole: a person's row, or what a call brought.
struct Give {
  std::string key;       // "user" of { user }; empty for the value itself
  bool person = false;   // the row of a person, with all its columns
  bool mild = false;     // … and none of them is a secret
  bool any = false;      // a row of whatever record the function is for
  bool joined = false;   // the person is joined to what belongs to him
  bool contact = false;  // no row of secrets, but addresses of mail and telephone of whoever it is about
  bool many = false;     // … of all there are
  Callee callee;         // when it is no row: who gives it
  std::string part;      // … and which part of it: "user" of `const { user } = login()`
  Spot at;
};

struct Deed {
  Spot at;
  std::string column;
};

// What a function is handed goes into a sum, a query, an address (script_uses.h).
struct Use {
  std::string rule, title;  // no title: the rule's own
  Labels labels = 0;
  std::optional<proof::Severity> severity{};  // the rule's own
  Spot at;
};

// Where what was sent is taken as it is, and whether a number to count with is among it.
struct Taken {
  Spot at;
  bool number = false;
};

// What a function does with what it is given.
struct Flow {
  std::string module, type, name;
  std::string about;  // the record that is meant where its own code names none
  Spot at;
  std::vector<std::string> slots;  // parameter names by position; "0.userId" for parts of a destructured one
  std::vector<Labels> compared;    // in conditions and by functions that check
  std::vector<Step> steps;
  std::vector<Give> gives;  // what it returns
  std::vector<Use> uses;
  Labels bounded = 0;            // of numbers that are held against zero, one or another bound
  std::optional<Taken> taken;    // by a handler
  std::optional<Spot> contacts;  // an owner's address or number is asked for beside what he owns
  std::vector<Give> answered;    // by a handler: addresses of people, and what calls bring
  bool looks = false;            // something in it looks at what it is handed
  bool cuts = false;             // … or bounds how long a text or a list is
  bool texts = false;            // a schema takes the whole body apart first: what should be text is text
  bool asks = false;             // it verifies who is calling
  bool limits = false;           // it counts how often
  bool ranks = false;            // it looks at roles
  bool staff = false;            // … and lets only those who run the place go on
  int end_line = 0;              // where it ends
  bool guest = false;            // of a handler: who it is for says so himself, with address and name
  std::optional<Spot> counted;   // … and the limit counts by what he says
  // What it does to accounts, rights and money.
  std::optional<Spot> sets_password, keeps_plain;
  bool keeps_plain_by_save = false;  // a hook of the model sees it
  bool proves = false;               // it asks for something that only the right person can show
  bool hashes = false;
  bool tries = false;                // a password is held against the one that is kept
  std::optional<Deed> grants, pays;  // a role, a payment: as the request says
};

// A name under which a module hands on what stands elsewhere (script_aliases.h).
struct Alias {
  std::string module;
  Callee callee;
};

struct Flows {
  std::multimap<std::string, Flow, std::less<>> by_name;
  std::map<std::string, std::string, std::less<>> implements;    // what a class implements or extends -> the class
  std::map<std::string, std::string, std::less<>> parents;       // a class -> what it extends
  std::map<std::string, std::string, std::less<>> about;         // a class -> the record its parent is made with
  std::map<std::string, Callee, std::less<>> instances;          // "module#name", "module#" -> new CrudService(User)
  std::multimap<std::string, std::string, std::less<>> classes;  // module -> its classes
  std::multimap<std::string, Alias, std::less<>> aliases;        // the name
  std::multimap<std::string, Alias, std::less<>> barrels;        // the end of a module that hands on all of another
  mutable std::deque<Step> named;                                // steps for any record, with the one that is meant
  std::set<std::string, std::less<>> stubs;                      // "Class.method" that calls nothing and writes nothing
  mutable int credit = 400'000;  // steps that may be followed; a hostile project calls itself in circles
};

struct Verdict {
  enum class Kind : unsigned char { nothing, owned, unowned } kind = Kind::nothing;
  std::string record;
  bool claimed = false;  // the client itself says whose it is
  Touch::Kind touch = Touch::Kind::one;
  Spot record_at;      // where the record is taken
  Spot at;             // in the function that was asked about
  bool child = false;  // below a record whose owner was asked for, or whose key was given
};

// Labels of a handler's own values: names that hold what the client sent, and who the caller is.
struct HandlerNames {
  std::set<std::string> client, identity, body;
};

// Which function a call of `function` means.
Callee callee_of(const File& file, const syntax::Call& c, syntax::Node function);
std::string class_of(syntax::Node n);  // the class around it
// What leaves with this value, and what a function returns.
std::vector<Give> gives_of(const File& file, syntax::Node function, syntax::Node value);
std::vector<Give> returns_of(const File& file, syntax::Node function);
// The row of a person in what a call brings, followed through the functions it calls.
const Give* person_given(const Flows& flows, const Schema& schema, const Give& give, int depth = 0);
Flow flow_of(const File& file, syntax::Node function, const HandlerNames* handler);
// Every named function and method of the file.
void read_layers(const File& file, Flows& flows);
Verdict judge_flow(const Flows& flows, const Flow& flow, Labels client, Labels identity, int depth = 0);
// Where a body is written as a whole, below the function that was asked about.
struct WholeWrite {
  const Step* step = nullptr;  // the write
  Spot at;                     // in the function that was asked about
};
std::optional<WholeWrite> whole_write(const Flows& flows, const Flow& flow, Labels body, int depth = 0);
// The record that a name of a file, a class or a function speaks of: "UserService", "user.controller" -> "user".
std::string noun_of(std::string_view name);
std::string noun_of(const Flows& flows, const Callee& callee);
// The functions a call may mean; one, unless classes share an interface.
std::vector<const Flow*> meant_by(const Flows& flows, const Callee& callee);
// … and where the owner of a new record is whom the client names.
std::optional<WholeWrite> owner_write(const Flows& flows, const Flow& flow, Labels client, int depth = 0);
// … and where a new record is hung on another one that the client names.
std::optional<WholeWrite> hung_write(const Flows& flows, const Flow& flow, Labels client, int depth = 0);
// … and where a sum is written as the client gave it.
std::optional<WholeWrite> money_write(const Flows& flows, const Flow& flow, Labels client, int depth = 0);
// What is done to records by a function and by what it calls, as far as it is known.
void deeds(const Flows& flows, const Flow& flow, std::vector<const Step*>& out, int depth = 0);
// Somewhere on the way a caller is verified.
bool limits_deeply(const Flows& flows, const Flow& flow, int depth = 0);
bool ranks_deeply(const Flows& flows, const Flow& flow, int depth = 0);
bool asks_deeply(const Flows& flows, const Flow& flow, int depth = 0);
bool same_module(std::string_view file, std::string_view target);

}  // namespace gatehouse::audit::source
