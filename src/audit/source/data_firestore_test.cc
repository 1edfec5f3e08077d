// Documents of Firestore and of the Realtime Database, as far as routes show them.
#include "audit/source/data_firestore.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

// Behind a sign-in, this is done with what the request names.
bool unasked(const std::string& done, const std::string& top = "") {
  return finds({{"src/api.js", "const express = require('express');\nconst auth = require('./auth');\n" + top +
                                   "const router = express.Router();\n"
                                   "router.delete('/invoices/:id', auth, async (req, res) => {\n" +
                                   done + "\n  res.json({});\n});\nmodule.exports = router;\n"},
                {"src/auth.js",
                 "module.exports = async (req, res, next) => {\n"
                 "  try { req.user = await admin.auth().verifyIdToken(req.headers.authorization); next(); }\n"
                 "  catch (e) { res.status(401).end(); }\n};\n"}},
               "AZ-001");
}

TEST(DataFirestore, ADocumentIsFoundThroughItsReference) {
  EXPECT_TRUE(unasked("  await db.collection('invoices').doc(req.params.id).delete();"));
  EXPECT_TRUE(unasked("  const ref = db.doc(`invoices/${req.params.id}`);\n  await ref.delete();"));
  EXPECT_TRUE(
      unasked("  const snap = await db.collection('invoices').doc(req.params.id).get();\n"
              "  await snap.ref.update({ note: 'x' });"));
  EXPECT_TRUE(
      unasked("  const batch = db.batch();\n  batch.delete(db.collection('invoices').doc(req.params.id));\n"
              "  await batch.commit();"));
  EXPECT_TRUE(unasked("  await deleteDoc(doc(db, 'invoices', req.params.id));",
                      "const { doc, deleteDoc } = require('firebase/firestore');\n"));
  EXPECT_TRUE(unasked("  await rtdb.ref('invoices/' + req.params.id).remove();"));
}

TEST(DataFirestore, WhatLiesBelowTheCallerIsHisOwn) {
  EXPECT_FALSE(
      unasked("  await db.collection('users').doc(req.user.uid).collection('invoices').doc(req.params.id).delete();"));
  EXPECT_FALSE(
      unasked("  const ref = db.collection('invoices').doc(req.params.id);\n  const snap = await ref.get();\n"
              "  if (snap.data().userId !== req.user.uid) return res.status(404).end();\n  await ref.delete();"));
}

TEST(DataFirestore, AListIsWhatACollectionGivesAndNotWhatAMapGives) {
  const auto endless = [](const std::string& made) {
    return finds({{"src/api.js",
                   "const express = require('express');\nconst router = express.Router();\n"
                   "router.get('/products', async (req, res) => {\n  const kept = " +
                       made +
                       ";\n  const all = await kept.get();\n  res.json(all.docs.map((d) => d.data()));\n"
                       "});\nmodule.exports = router;\n"}},
                 "VAL-003");
  };
  EXPECT_TRUE(endless("db.collection('products')"));
  EXPECT_FALSE(endless("db.collection('products').limit(20)"));
  EXPECT_FALSE(endless("new Map([['collection(', 1]])"));
}

}  // namespace
}  // namespace gatehouse::audit::source
