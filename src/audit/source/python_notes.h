// What the Python readers learn from single files, for the checks that look at the whole project.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "audit/source/passwords.h"
#include "audit/source/python_value.h"
#include "audit/source/unpaid.h"
#include "proof/finding.h"

namespace gatehouse::audit::source {

// NAME = value in a Django settings file.
struct Setting {
  std::string name;
  Value value;
  proof::Location at;
  std::string shown;  // the line, for evidence
  enum class When : unsigned char { always, debug, production, otherwise };
  When when = When::always;
  bool follows_debug = false;  // the right side is DEBUG itself
};

struct SettingsFile {
  std::string path;
  enum class Profile : unsigned char { common, production, development };
  Profile profile = Profile::common;
  std::vector<Setting> settings;
  std::map<std::string, proof::Location> keys;        // keys of REST_FRAMEWORK and their places
  std::map<std::string, Value> rest;                  // REST_FRAMEWORK's values
  std::map<std::string, std::string> throttle_rates;  // "anon" -> "100/minute"
};

struct CookieAuthenticator {
  std::string name;
  proof::Location at;
  std::vector<proof::Location> more;
  std::vector<std::string> evidence;
};

// What a call names: a function, and as far as can be told the class or the module it is of.
struct FunctionRef {
  std::string name;
  std::string cls;     // its class
  std::string via;     // or what PythonNotes::holders tells the class of: "Orders.repo", "get_orders()", "orders"
  std::string module;  // or the module it comes from, dotted or as a path
};

// A call that hands an id of the request to a function of another file.
struct LayerCall {
  FunctionRef callee;  // without a name: the record is fetched right here
  std::string given;   // the name of the id
  proof::Location at;
  std::string shown;
  std::string model;      // what is fetched right here
  bool if_owned = false;  // told only when the models say that it is somebody's
  bool by_field = false;  // the id is a field of the body that is handed on
  // Where the caller stands among the arguments, by place and by name.
  std::set<std::size_t> caller_at;
  std::set<std::string> caller_as;
  std::set<std::string> callers;  // dependencies of the route, one of which must stand for the caller
  std::set<std::string> used;     // those that the route makes use of
  std::set<std::string> before;   // decorators and dependencies, by name
};

// A call that hands on what the client sent.
struct BodyCall {
  FunctionRef callee;
  std::size_t position = 0;
  std::string keyword;  // or by name
  bool raw = false;     // a dictionary of whatever was sent
  proof::Location at;   // the route
};

struct View {
  std::string name;
  proof::Location at;
  std::string shown;
  std::vector<std::string> bases;
  bool function = false;
  bool api = false;                                     // DRF
  std::optional<std::vector<std::string>> permissions;  // as written
  std::optional<std::vector<std::string>> authenticators;
  bool login_required = false;
  std::vector<std::string> behind;                              // decorators that stand before each of its answers
  bool takes_input = false;                                     // reads records the query names
  bool abstract = false, inherits_all = false, helper = false;  // no view that is reached itself
  bool throttled = false;
  bool costly = false;  // asks a language model, sends messages
  std::set<std::string> calls;
  bool takes_code = false;   // a one-time code
  bool writes = false;       // answers POST, PUT, PATCH or DELETE
  bool all_objects = false;  // queryset = X.objects.all() and no get_queryset of its own
  bool lists = false;        // shows many records at once
  std::string model;
  bool checks_identity = false;  // decides by who is calling
  bool mentions_caller = false;  // names request.user at all
  bool admin = false;
  // Taken by an id of the request with no word about its owner.
  struct Fetch {
    std::string model;
    proof::Location at;
    std::string shown;
    std::string checked_by;          // the serializer that was handed the request and the id
    std::set<std::string> own = {};  // changed here, and what of the caller's own is fetched beside it
  };
  std::vector<Fetch> fetches;
  std::set<std::string> reads;               // models it queries in any way
  std::vector<proof::Location> dead_guards;  // methods with a decorator that only functions heed
  std::string dead_shown;
  std::vector<LayerCall> layer_calls;
  proof::Location queryset_at;
  std::string queryset_shown;
  // Records made or changed with what the client sent, and nothing put in by the view: serializer, place.
  std::vector<std::pair<std::string, Spot>> takes;
};

// What a permission class of the project's own asks.
struct PermissionClass {
  bool object = false;   // whose the record is
  bool reading = false;  // and only of those who change it
  bool scope = false;    // whether the caller belongs to what the address names
  bool staff = false;    // whether the caller is of the staff
  bool open = false;     // nothing at all
  proof::Location at;
  std::string shown;
};

// What a serializer of REST framework takes from the client.
struct SerializerNote {
  std::string model;
  bool all = false;                 // fields = "__all__"
  bool knows_caller = false;        // its own code asks who that is
  std::set<std::string> read_only;  // what it only shows
  bool looks_at_files = false;      // at their size or type
};

// A FileField that takes any file.
struct FileField {
  std::string model, name;
  Spot spot;
};

struct Url {
  std::string pattern, view;
  proof::Location at;
  std::string shown;
  bool integer_id = false;
};

struct Model {
  std::string name;
  proof::Location at;
  bool opaque_id = false;  // its primary key is no counter
  bool owned = false;      // it has a field that says whose it is
  std::string table;
  std::map<std::string, std::string> keys;  // field -> model or table it points to
};

// A FastAPI or Flask router, app or blueprint.
struct PythonRouter {
  std::string path, variable;  // file and name
  std::string prefix;
  bool guarded = false;
  bool blueprint = false;
  std::set<std::string> dependencies;  // what stands before all its routes
};
struct PythonMount {
  std::string path;    // file that includes
  std::string target;  // dotted, imports resolved: "app.routers.users.router"
  std::string prefix;
  bool guarded = false;
  std::string parent;                  // the variable it is mounted on
  std::set<std::string> dependencies;  // as of a router
};
struct PythonRoute {
  std::string file, router, framework;
  std::vector<std::string> methods;
  std::string path, function;
  proof::Location at;
  std::string shown;
  bool guarded = false;
  bool admin_guard = false;
  bool limited = false;
  bool costly = false;
  bool proves = false;                 // checks some signature itself
  bool bills = false;                  // calls a provider that bills each call
  std::set<std::string> calls;         // functions, by name
  bool asks_rights = false;            // names a role or a permission in any way
  bool changes = false;                // whatever its method, it says and does so
  std::set<std::string> dependencies;  // what the parameters depend on: functions, classes, Annotated names
  std::set<std::string> guards;        // what makes it guarded, where that is a dependency
  bool guards_alone = false;           // and nothing else does
  bool takes_id = false;
  bool names_record = false;        // by an id of the query
  std::string model;                // what it fetches, lists or writes
  std::set<std::string> before;     // decorators and dependencies, by name
  std::string keeps;                // what staff keeps in order, and this route writes
  bool makes_rows = false;          // … or any row that is new
  std::vector<std::string> bodies;  // the classes its bodies are parsed into
  std::vector<Spot> open_texts;     // parameters that are texts of any length
  bool cuts = false;                // it bounds how long a text is
};

// CORS origins that another file defines.
struct PendingOrigins {
  std::string name;  // "ALLOWED_ORIGINS"
  bool credentials = false;
  proof::Location at;
  std::string shown;
};

// A field that decides rights, in a model that bodies are parsed into.
struct PrivilegedField {
  std::string model, field;
  proof::Location at;
  std::string shown;
  std::string source = {};  // the field of the form it is taken from
  bool approved = false;    // who is more than a customer waits until somebody lets them in
};

struct PythonNotes {
  std::vector<Spot> empty_hook_secrets;  // an empty text takes the place of a webhook's secret
  bool hook_secret_asked_for = false;    // and some code looks whether it is there
  // Secrets read where nothing, or an empty text, takes their place, by the variable.
  std::vector<std::pair<std::string, Spot>> unchecked_env;
  std::set<std::string, std::less<>> demanded_env;  // variables without which it does not start
  bool env_validated = false;
  // By function name, for what lies between routes and the database.
  struct Layer {
    std::string path, cls;                // where it stands
    std::vector<std::string> parameters;  // self left out
    bool fetches = false;                 // reads records by what it is given
    bool asks_owner = false;              // says whose they must be
    bool as_author = false;               // or only whose the new record is that it makes beside
    std::set<std::string> used;           // parameters that have a say in what is read
    // Reads a record by a field of what it is given: find_one(Order.id == data.id).
    struct Field {
      std::string model;
      proof::Location at;
    };
    std::vector<Field> by_field;
    std::string model;               // what it reads
    proof::Location at;              // and where
    std::vector<FunctionRef> calls;  // hands what it is given on to these
    // What it does with a body: the field of it that says whose the record is, or all of it (no field).
    struct Use {
      std::string parameter, field;
      proof::Location at;
      std::string shown;
    };
    std::vector<Use> uses;
    struct Pass {
      std::string parameter;
      BodyCall call;
    };
    std::vector<Pass> passes;
  };
  std::map<std::string, std::vector<Layer>> layers;
  std::set<std::string> spenders;                      // functions that cost money each time
  std::map<std::string, std::set<std::string>> calls;  // function -> what it calls, by name
  struct FlaskFacts {
    proof::Location app;
    std::string app_shown;
    bool cookie_session = false, takes_forms = false, guards_forms = false;
    bool secures_cookie = false;  // somebody thought of SESSION_COOKIE_SECURE
  } flask;
  // How an application of Flask or FastAPI comes up.
  struct Start {
    Spot app, stage, remembers;
    std::string stage_variable;
    std::vector<Spot> reloads;
    bool stage_by_default = false, default_is_developers = false, developers_debug = false;
    bool debugger_follows = false;  // app.run(debug=app.config[…]) on every interface
    bool remembers_safely = false, headers = false, pages = false, cookie_callers = false;
  } start;
  Spot keeps_sent_name, joins_kept_name;               // a file's name as the client gave it, and a path made of it
  std::vector<Spot> getting_changes;                   // routes of FastAPI that change something by GET
  std::vector<PrivilegedField> chosen_rights;          // of those who sign up, by themselves
  std::map<std::string, std::string> sign_up_choices;  // field of a form -> what may be chosen
  std::set<std::string> rank_guards;                   // functions and classes that refuse who has no rank
  std::set<std::string> guards;                        // functions and classes that refuse strangers
  std::map<std::string, std::set<std::string>> stands_for;  // Caller = Annotated[Principal, Depends(resolve)]
  std::set<std::string> soft_guards;                        // named like guards, and turn nobody away
  std::map<std::string, Spot> named_callers;                // that take the caller's id from the address
  std::vector<LayerCall> layer_calls;                       // of FastAPI and Flask
  std::vector<BodyCall> body_calls;
  std::vector<BodyCall> raw_values;  // single values of a client's JSON that are handed on
  // A parameter of a function that becomes a value in a filter of MongoDB.
  struct MongoFilter {
    std::string cls, parameter;
    std::size_t position;  // self left out
    proof::Location at;
    std::string shown;
  };
  std::map<std::string, std::vector<MongoFilter>> mongo_filters;  // by function
  std::map<std::string, std::vector<std::string>> classes;        // with their bases
  std::map<std::string, std::string> holders;                     // "Orders.repo", "get_orders()", "orders" -> class
  std::vector<PrivilegedField> privileged;
  std::vector<PrivilegedField> writable;          // of serializers; "=owner" for a field that says whose the record is
  std::set<std::string> set_by_views;             // sums that views hand to serializer.save()
  std::set<std::string> filled, only_shown;       // serializers that are handed what a client sent, and others
  std::vector<PrivilegedField> given_rights;      // taken from a body and put into a record
  std::map<std::string, proof::Location> bodies;  // models that routes for everybody take
  std::map<std::string, std::string> model_bases;
  std::map<std::string, Value> constants;  // of every module and settings class, by their last name
  std::vector<PendingOrigins> origins;
  std::vector<SettingsFile> settings;
  std::vector<CookieAuthenticator> cookie_authenticators;
  std::vector<View> views;
  std::map<std::string, PermissionClass> permissions;  // of REST framework, by name
  std::map<std::string, SerializerNote> serializers;
  std::vector<FileField> file_fields;
  std::vector<Url> urls;
  std::vector<Model> models;
  std::vector<proof::Location> integer_keys;  // BigAutoField and kin in migrations and models
  std::vector<PythonRouter> routers;
  std::vector<PythonMount> mounts;
  std::vector<PythonRoute> routes;
  std::vector<std::pair<proof::Location, std::string>> plain_passwords;
  Passwords passwords;
  Unpaid unpaid;
  bool hashing_setter = false;  // a model hashes what it is given
  bool holds_people = false;    // some model or body speaks of persons
  Spot kept_code;               // where a one-time code is kept
  bool codes_end = false;       // and whether codes have an end
  bool global_limit = false;    // a limiter over everything
  bool default_limit = false;   // … by its own defaults
  bool spends = false;          // some provider bills each call: language models, pictures
  proof::Location open_metrics;
  std::string metrics_shown;
  bool weak_limit = false;    // which the client walks around, or which fails open
  bool global_guard = false;  // a middleware that authenticates
  bool django_ratelimit = false;
  bool validates_passwords = false;  // validate_password or a form of Django's own is asked
  proof::Location sets_password;     // where a client's password becomes an account's
  std::string sets_password_shown;
  bool sets_unseen = false;               // … and no form or validator of its own view has seen it
  std::vector<Spot> own_password_checks;  // def validate_password(…) that asks none of Django's
  struct Upload {
    proof::Location at;
    std::string shown;
    std::set<std::string> checked_by;  // serializers and forms that are asked first
  };
  std::vector<Upload> uploads;
  std::set<std::string> checks_uploads;       // serializers and forms that look at size or type
  std::set<std::string> owner_classes;        // Django's, that scope what they give to its owner
  std::set<std::string> login_classes;        // and those that let nobody in who is not signed in
  std::set<std::string> view_guards;          // decorators that do
  std::set<std::string> guarding_middleware;  // and classes of middleware
  bool uuid_keys = false;
  bool trusted_host = false;
  bool simplejwt = false, ends_tokens = false;  // tokens of REST framework, and something that ends all of one person
  Spot keeps_tokens;                            // where a password changes and they stay
  bool makes_tokens = false;                    // signs tokens of its own
  bool forgets_tokens = false;                  // has some way to refuse a token that was signed out
  std::vector<std::pair<proof::Location, std::string>> sign_outs;
  // For rows that are given out whole: models with a secret column, other names of them, and what routes return.
  std::set<std::string> secret_models;
  std::set<std::string> secret_bodies;         // models of bodies and answers that carry a password
  std::map<std::string, std::string> aliases;  // CurrentUser -> User
  struct Returned {
    std::string type;
    proof::Location at;
    std::string shown;
  };
  std::vector<Returned> returned;
  std::map<std::string, std::string> gives;  // functions that say who is calling, and the model they fetch and return
  proof::Location built_from_host;           // request.base_url and kin
  std::string built_shown;
  Spot open_schema;  // drf-spectacular's pages, open unless the settings say otherwise
  bool schema_guarded = false;
  std::vector<proof::Location> admin_urls;  // path("admin/", admin.site.urls)
  bool second_factor = false, keeps_records = false;
  proof::Location signs_in;      // where the project signs people in itself
  bool parameters_used = false;  // some query hands its values over
};

}  // namespace gatehouse::audit::source
