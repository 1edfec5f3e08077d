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

TEST(PythonChildren, OfAnOrganizationAreAskedForByWhatStandsBefore) {
  const auto route = [](const std::string& path, const std::string& head, const std::string& lines) {
    return said(
        audited(
            {{"models.py",
              "from sqlalchemy import Column, ForeignKey, Integer\n\nclass Organization(Base):\n    __tablename__ = "
              "'organizations'\n    id = Column(Integer)\n\nclass Report(Base):\n    __tablename__ = 'reports'\n "
              "   organization_id = Column(Integer, ForeignKey('organizations.id'))\n"},
             {"deps.py",
              "from fastapi import Depends, HTTPException\n\ndef get_current_user(token=Depends(oauth2)):\n    "
              "return jwt.decode(token, key)\n\ndef require_member(org_id: int, user=Depends(get_current_user), "
              "db=Depends(get_db)):\n    m = db.query(Membership).filter_by(organization_id=org_id, "
              "user_id=user.id).first()\n    if not m:\n        raise HTTPException(403)\n    return m\n"},
             {"orgs.py",
              "from fastapi import APIRouter, Depends\nfrom deps import get_current_user, require_member\nrouter = "
              "APIRouter()\n\n@router.get('" +
                  path + "')\ndef rows(" + head + "):\n" + lines}},
            "AZ-001"),
        "AZ-001");
  };
  const std::string rows = "    return db.query(Report).filter(Report.organization_id == org_id).all()\n";
  EXPECT_TRUE(route("/organizations/{org_id}/reports",
                    "org_id: int, db=Depends(get_db), user=Depends(get_current_user)", rows));
  EXPECT_FALSE(
      route("/organizations/{org_id}/reports", "org_id: int, db=Depends(get_db), m=Depends(require_member)", rows));
  EXPECT_TRUE(route("/organizations/{org_id}/reports/{report_id}",
                    "org_id: int, report_id: int, db=Depends(get_db), m=Depends(require_member)",
                    "    return db.get(Report, report_id)\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
