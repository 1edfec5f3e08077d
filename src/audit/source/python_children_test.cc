// A line is taken by its own id below an invoice of one's own: does it belong there?
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool flask(const std::string& lines) {
  return said(audited({{"app.py",
                        "from flask import Flask, request\nfrom flask_jwt_extended import jwt_required, "
                        "get_jwt_identity\napp = Flask(__name__)\n\n@app.delete('/invoices/<int:invoice_id>/lines/"
                        "<int:line_id>')\n@jwt_required()\ndef drop(invoice_id, line_id):\n    invoice = "
                        "Invoice.query.filter_by(id=invoice_id, user_id=get_jwt_identity()).first_or_404()\n" +
                            lines}},
                      "AZ-001"),
              "AZ-001");
}

TEST(PythonChildren, AreHeldAgainstTheirParent) {
  EXPECT_TRUE(flask("    line = InvoiceLine.query.get_or_404(line_id)\n    db.session.delete(line)\n"));
  EXPECT_FALSE(
      flask("    line = InvoiceLine.query.filter_by(id=line_id, invoice_id=invoice.id).first_or_404()\n"
            "    db.session.delete(line)\n"));
  EXPECT_FALSE(
      flask("    line = InvoiceLine.query.get_or_404(line_id)\n    if line.invoice_id != invoice.id:\n        "
            "abort(404)\n    db.session.delete(line)\n"));
  EXPECT_FALSE(flask("    line = InvoiceLine.query.get_or_404(line_id)\n    invoice.lines.remove(line)\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
