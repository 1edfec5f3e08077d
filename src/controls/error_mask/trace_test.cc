#include "controls/error_mask/trace.h"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::controls::error_mask {
namespace {

struct Sample {
  std::string_view name, body, kind, exception, frame;
};

const Sample kTraces[] = {
    {"a bare Python trace",
     "Traceback (most recent call last):\n"
     "  File \"/srv/app/api/views.py\", line 42, in get\n    order = orders[pk]\n"
     "  File \"/srv/app/api/store.py\", line 7, in __getitem__\n    raise KeyError(pk)\n"
     "app.errors.OrderError: secret-order-number\n",
     "python", "app.errors.OrderError", "api/store.py:7"},
    {"Django's debug page",
     "<!DOCTYPE html><html><head><title>ZeroDivisionError\n          at /api/boom/</title></head><body>"
     "<li class=\"frame user\"><code class=\"fname\">/srv/app/views.py</code>, line 3, in boom</li>"
     "You're seeing this error because you have <code>DEBUG = True</code> in your Django settings file.</body></html>",
     "python", "ZeroDivisionError", ""},
    {"Django's debug page for a missing path",
     "<title>Page not found at /nope</title><p>Using the URLconf defined in <code>project.urls</code>, Django tried",
     "python", "", ""},
    {"Werkzeug's debugger",
     "<title>NameError: name 'x' is not defined // Werkzeug Debugger</title>"
     "File &quot;/srv/app.py&quot;, line 5, in index",
     "python", "NameError", "srv/app.py:5"},
    {"FastAPI in debug mode, as JSON",
     "{\"detail\":\"Traceback (most recent call last):\\n  File \\\"/srv/main.py\\\", line 9, in pay\\nValueError: "
     "x\"}",
     "python", "ValueError", "srv/main.py:9"},
    {"Express' default page",
     "<pre>TypeError: Cannot read properties of undefined<br> &nbsp; &nbsp;at /srv/app/server.js:10:15<br> &nbsp; "
     "&nbsp;at Layer.handle (/srv/app/lib/layer.js:95:5)</pre>",
     "node", "TypeError", "app/server.js:10"},
    {"a Node trace in JSON",
     "{\"error\":\"boom\",\"stack\":\"RangeError: boom\\n    at pay (/srv/app/src/pay.ts:31:9)\"}", "node",
     "RangeError", "src/pay.ts:31"},
    {"a Spring answer with its trace",
     "{\"status\":400,\"trace\":\"com.shop.BadOrderException: x\\n\\tat "
     "com.shop.OrderController.get(OrderController.java:57)"
     "\\n\\tat com.shop.Base.call(Base.java:1)\"}",
     "java", "com.shop.BadOrderException", "com.shop.OrderController.get(OrderController.java"},
    {"a Go panic", "panic: oops\n\ngoroutine 1 [running]:\nmain.handler()\n\t/srv/app/main.go:21 +0x1d\n", "go", "",
     "app/main.go:21"},
    {"PHP's fatal error",
     "<br />\n<b>Fatal error</b>:  Uncaught PDOException: could not find driver in /var/www/html/db.php on line 12<br "
     "/>",
     "php", "PDOException", "html/db.php:12"},
    {"a Rails trace", "NoMethodError (undefined method):\n\napp/controllers/orders_controller.rb:12:in `show'\n",
     "ruby", "NoMethodError", "controllers/orders_controller.rb:12"},
    {".NET's developer text",
     "System.NullReferenceException: Object reference not set\n   at Shop.Orders.Get(Int32 id) in "
     "C:\\src\\shop\\Orders.cs:line 33\n",
     "dotnet", "System.NullReferenceException", "shop\\Orders.cs:33"},
    {"a Rust panic", "thread 'main' panicked at 'index out of bounds', src/main.rs:4:5\n", "rust", "", "src/main.rs:4"},
    {"a database's own words", "{\"detail\":\"psycopg2.errors.UndefinedTable: relation \\\"users\\\" does not exist\"}",
     "database", "", ""},
    {"MySQL's own words", "You have an error in your SQL syntax; check the manual", "database", "", ""},
};

TEST(Trace, EveryFrameworksTraceIsRecognized) {
  for (const Sample& s : kTraces) {
    EXPECT_EQ(trace_kind(s.body), s.kind) << s.name;
    auto trace = find_trace(s.body);
    ASSERT_TRUE(trace.has_value()) << s.name;
    EXPECT_EQ(trace->exception, s.exception) << s.name;
    if (s.kind != "java") {
      EXPECT_EQ(trace->frame, s.frame) << s.name;
    } else {
      EXPECT_NE(trace->frame.find("OrderController.java:57"), std::string::npos) << trace->frame;
    }
  }
}

TEST(Trace, TheMessageIsNeverTaken) {
  auto trace = find_trace(kTraces[0].body);
  ASSERT_TRUE(trace.has_value());
  EXPECT_EQ((trace->exception + trace->frame).find("secret-order-number"), std::string::npos);
}

TEST(Trace, OrdinaryAnswersAreNone) {
  for (std::string_view body : {
           "",
           "{\"error\":{\"code\":\"not_found\",\"message\":\"There is nothing at this address.\"}}",
           "{\"email\":[\"Enter a valid email address.\"],\"age\":[\"Error: must be at least 18\"]}",
           "<!doctype html><title>404</title><script src=\"/assets/app.js\"></script><script src=\"main.ts\"></script>"
           "<link href=\"style.css\"><p>Meet us at 10:30 in room 5.</p>",
           "See the tutorial in guide.py and run server.js; open localhost:8080",
           "The file report.java is missing. Look at index.php?page=2",
           "{\"detail\":\"Not found.\"}",
           "{\"errors\":[{\"loc\":[\"body\",\"date\"],\"msg\":\"ValueError is not raised here\"}]}",
           "at https://example.com/app.js we host our script, version 1.2:3",
       })
    EXPECT_EQ(trace_kind(body), "") << body;
}

TEST(Trace, AnExceptionClassIsFoundWithoutATrace) {
  EXPECT_EQ(exception_class("{\"detail\":\"stripe.error.CardError: declined\"}"), "stripe.error.CardError");
  EXPECT_EQ(exception_class("<h1>Server Error (500)</h1>"), "Error");
  EXPECT_EQ(exception_class("Internal failure"), "");
}

TEST(Trace, HostileTextIsReadOnceAndStaysShort) {
  std::string dots(60000, '.');
  EXPECT_EQ(trace_kind(dots), "");
  std::string deep = "at ";
  for (int i = 0; i < 3000; ++i) deep += "a.js:1:";
  EXPECT_EQ(trace_kind(deep), "");
  std::string long_name = "Traceback (most recent call last)\n" + std::string(5000, 'A') + "Error: x";
  auto trace = find_trace(long_name);
  ASSERT_TRUE(trace.has_value());
  EXPECT_LE(trace->exception.size(), 100u);
}

}  // namespace
}  // namespace gatehouse::controls::error_mask
