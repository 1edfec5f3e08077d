// Whose a record is, as the models say: foreign keys to the model of people, and the words that names use for it.
#pragma once

#include <optional>

#include "audit/source/python.h"

namespace gatehouse::audit::source {

// Foreign keys of one class of Django, SQLAlchemy or SQLModel into `model`, with the name of its table.
void read_keys(syntax::Node cls, Model& model);
// Tables beside Django's.
void read_tables(const File& file, PythonNotes& notes);

// True or false when the model is known, nothing when it is not in the tree. Keys are followed over 3 models: of
// records that are personal by their name, and of every record where `as_part` asks whose whole it is a part of.
std::optional<bool> belongs_to_somebody(const PythonNotes& notes, std::string_view model, bool as_part = false);

// Code without what is only loaded beside a record or put in order, which says nothing about whose it is:
// select_related("user"), order_by("owner__name").
std::string without_loads(const syntax::Code& code);

// Code that names an owner: what is loaded beside a record left out.
bool says_owner(const syntax::Code& code);
// The code without a name: `user_id` says nothing about an owner where it is the id that was asked for.
std::string without_token(std::string_view code, std::string_view word);
// user_id, account_id …: an id of a person, or of what stands for one.
bool person_id(std::string_view name);
// A field of a body that says whose a record is.
bool identity_field(std::string_view name);

// A field that decides what its person may do or has paid for.
bool privileged_field(std::string_view name);
// A field that says whose a record is: owner, user, tenant …
bool owner_field(std::string_view name);

// Order.get_or_none(…), Order.find_one(…), Order.select(…): a class that fetches its own records, as those of Tortoise,
// Beanie and Peewee do. Empty for other calls.
std::string active_record(const syntax::Call& call);

// "Order" of Order and models.Order: a class that is handed on. Empty for columns and calls.
std::string model_handed(syntax::Node argument);

// "Order" of session.get(Order, id), Order.objects.get(…), select(Order).where(…), db.query(Order).filter(…).
std::string fetched_model(const syntax::Call& call);

}  // namespace gatehouse::audit::source
