// For tests: code in a small application of FastAPI or Flask, and whether a finding comes of it.
#pragma once

#include "audit/source/audited.h"

namespace gatehouse::audit::source {

inline bool fastapi(const std::string& code, std::string_view id, std::string_view title = {}) {
  return finds({{"app/main.py",
                 "from fastapi import FastAPI, Depends, Request, Header, HTTPException\n"
                 "app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)\n" +
                     code}},
               id, title);
}

inline bool flask(const std::string& code, std::string_view id, std::string_view title = {}) {
  return finds({{"app/main.py",
                 "import os\nfrom flask import Flask, request, session, jsonify\napp = Flask(__name__)\n" + code}},
               id, title);
}

}  // namespace gatehouse::audit::source
