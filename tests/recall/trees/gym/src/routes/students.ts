import { Router } from "express";
import { getAuth } from "@clerk/express";
import { StudentsService } from "../services/students";

export const studentsRouter = Router();
const service = new StudentsService();

studentsRouter.get("/:studentId", async (req, res, next) => {
  try {
    const { userId } = getAuth(req);
    if (!userId) return res.status(401).json({ error: "Unauthorized" });
    res.json(await service.get(Number(req.params.studentId)));
  } catch (e) { next(e); }
});

studentsRouter.put("/:studentId", async (req, res, next) => {
  try {
    const { userId } = getAuth(req);
    if (!userId) return res.status(401).json({ error: "Unauthorized" });
    await service.update(Number(req.params.studentId), { name: req.body.name, role: req.body.role });
    res.json({ ok: true });
  } catch (e) { next(e); }
});

studentsRouter.post("/", async (req, res, next) => {
  try {
    const { userId } = getAuth(req);
    if (!userId) return res.status(401).json({ error: "Unauthorized" });
    const student = await service.create(req.body.clerkUserId, req.body.role, req.body.email);
    res.status(201).json(student);
  } catch (e) { next(e); }
});

studentsRouter.delete("/:studentId", async (req, res) => {
  await service.remove(Number(req.params.studentId));
  res.sendStatus(204);
});
