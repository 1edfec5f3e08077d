// What clients send to a model that is paid by the word, with nothing that asks how long it is: JavaScript and Python.
#pragma once

#include "audit/source/python_notes.h"
#include "audit/source/recurring.h"
#include "audit/source/script_costs.h"
#include "audit/source/script_resolved.h"

namespace gatehouse::audit::source {

// JavaScript: is shown one route after the other, and tells once for the project.
void see_model_texts(const Flows& flows, const ResolvedRoute& route, const Cost& cost, Recurring& told, Sink& sink);

// Python: fields of bodies, and parameters of one route.
void read_body_texts(File& file);
std::vector<Spot> unbounded_parameters(const File& file, syntax::Node function);
void judge_body_texts(const Project& project, const std::vector<const PythonRoute*>& asking, Sink& sink);

}  // namespace gatehouse::audit::source
