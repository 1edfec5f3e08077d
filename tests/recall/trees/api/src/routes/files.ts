import { Router } from "express";
import multer from "multer";
import fs from "node:fs";
import path from "node:path";

const upload = multer({ dest: "uploads/" });
export const filesRouter = Router();

filesRouter.post("/", upload.single("file"), (req, res) => res.json({ name: req.file!.originalname }));

filesRouter.get("/:name", (req, res) => {
  const file = path.join("uploads", req.params.name);
  res.send(fs.readFileSync(file));
});

filesRouter.get("/download/any", (req, res) => {
  res.sendFile(path.resolve("uploads/" + req.query.file));
});
