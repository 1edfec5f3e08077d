// Memory of the parser library, given back at once: a megabyte of source makes it ask for a quarter of a million small
// pieces, and handing them back one by one costs a sixth of the parse.
#pragma once

namespace gatehouse::audit::syntax {

// While one of these lives, what this thread's tree-sitter asks for comes from a block of the thread. The end of it
// takes back everything, so no parser, tree or cursor that was made under it may be touched afterwards, and none made
// before may be touched under it. They do not nest.
class ParserMemory {
 public:
  ParserMemory();
  ~ParserMemory();
  ParserMemory(const ParserMemory&) = delete;
  ParserMemory& operator=(const ParserMemory&) = delete;

  // False where a sanitizer watches: each piece comes from the heap then, and must be given back like any other.
  static const bool kAtOnce;
};

}  // namespace gatehouse::audit::syntax
