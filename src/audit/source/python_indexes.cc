#include "audit/source/python_indexes.h"

#include <algorithm>

#include "audit/source/python_owners.h"
#include "audit/source/python_routes.h"
#include "audit/source/schema.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct Indexes {
  struct Put {
    std::string index;            // what it is put into, by name
    std::set<std::string> names;  // every class that the function around it names
  };
  std::vector<Put> puts;
  std::vector<std::pair<std::string, Spot>> searches;  // of routes that ask who is calling
};

constexpr std::size_t kMost = 200;  // of one project

std::string index_of(const Call& c) {
  const std::size_t dot = c.name.rfind('.');
  if (dot == std::string::npos) return {};
  const std::string object(last(c.name.substr(0, dot)));
  return has_word(object, {"vector", "vectorstore", "vectordb", "vectors", "index", "chroma", "pinecone", "qdrant",
                           "faiss", "weaviate", "milvus", "embeddings", "retriever", "rag", "collection"})
             ? object
             : std::string();
}

// A word that tells whose it is, or of which part of the index.
bool narrows(const Code& code) {
  return says_owner(code) || icontains_any(code, {"filter", "where", "namespace", "metadata", "partition",
                                                  "expr=", "doc_id", "document_id", "tenant", "collection_name=f"});
}

bool searches(std::string_view f) {
  return f == "query" || f == "search" || f == "similarity_search" || f == "similarity_search_with_score" ||
         f == "max_marginal_relevance_search" || f == "as_retriever" || f == "query_points" || f == "near_text" ||
         f == "retrieve";
}

bool puts(std::string_view f) {
  return f == "add_document" || f == "add_documents" || f == "add_texts" || f == "upsert" || f == "add" ||
         f == "index_document" || f == "insert" || f == "from_documents" || f == "from_texts";
}

}  // namespace

void read_python_indexes(File& file) {
  if (!icontains_any(file.code(), {"vector", "chroma", "pinecone", "qdrant", "faiss", "weaviate", "milvus",
                                   "similarity_search", "retriever", "embeddings"}))
    return;
  auto& notes = file.project.notes<Indexes>();
  for (const Call& c : file.calls) {
    const std::string index = index_of(c);
    const Node f = function_around(c.node);
    if (index.empty() || !f || notes.puts.size() + notes.searches.size() >= kMost) continue;
    const Code args = c.node.child("arguments").code();
    if (narrows(args)) continue;
    if (puts(last(c.name))) {
      Indexes::Put put{index, {}};
      for (const Node n : f.all("identifier"))
        if (!n.text().empty() && n.text().front() >= 'A' && n.text().front() <= 'Z') put.names.emplace(n.text());
      notes.puts.push_back(std::move(put));
    } else if (searches(last(c.name)) && c.arg(0) && route_function(f) &&
               (depends_on_guard(file, f.child("parameters"), nullptr) || guard_in_body(body(f).code()))) {
      notes.searches.emplace_back(index, Spot{place(file.path, c.line()), file.shown(c.node)});
    }
  }
}

// Stops: reading pieces of other people's papers by asking the assistant about them.
void judge_python_indexes(const Project& project, Sink& sink) {
  const auto& notes = project.notes<Indexes>();
  const auto& python = project.notes<PythonNotes>();
  const auto of_somebody = [&](const Indexes::Put& put) {
    return std::any_of(put.names.begin(), put.names.end(), [&](const std::string& name) {
      return !people(record_key(name)) && !published(record_key(name)) && belongs_to_somebody(python, name) == true;
    });
  };
  for (const auto& [index, spot] : notes.searches) {
    const bool theirs = std::any_of(notes.puts.begin(), notes.puts.end(), [&, &name = index](const Indexes::Put& put) {
      return put.index == name && of_somebody(put);
    });
    if (!theirs) continue;
    auto& f = sink.find("AZ-001", spot.at, spot.shown);
    f.title = "A search over everybody's papers answers whoever asks";
    f.confidence = proof::Confidence::medium;
    f.fix = "Keep the owner beside each entry of the index, and search with a filter on the caller.";
    return;
  }
}

}  // namespace gatehouse::audit::source
