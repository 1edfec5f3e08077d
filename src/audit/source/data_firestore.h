// Documents of Firestore and of Firebase's Realtime Database: db.collection("orders").doc(id).get(), getDoc(doc(db,
// "orders", id)), batch.update(ref, { … }), db.ref("orders/" + id).remove(). Part of data.h's reading.
#pragma once

#include <optional>

#include "audit/source/data.h"

namespace gatehouse::audit::source {

// Without its whole chain.
std::optional<Touch> firestore_touch(const File& file, const syntax::Call& c);

// snapshot.docs.map((doc) => ({ id: doc.id, ...doc.data() })): the snapshot, when all of each document leaves with it.
syntax::Node whole_documents(const syntax::Call& c);

}  // namespace gatehouse::audit::source
