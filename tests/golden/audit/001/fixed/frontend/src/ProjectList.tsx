import { useAuth } from "@clerk/clerk-react";
import { useEffect, useState } from "react";
import { api } from "./lib/api";

type Project = { public_id: string; name: string; description: string };

export function ProjectList() {
  const { getToken } = useAuth();
  const [projects, setProjects] = useState<Project[]>([]);
  useEffect(() => {
    void (async () => {
      const token = await getToken();
      if (token) setProjects(await api<Project[]>("/api/projects/", token));
    })();
  }, [getToken]);
  return (
    <ul>
      {projects.map((p) => (
        <li key={p.public_id}>
          <strong>{p.name}</strong> {p.description}
        </li>
      ))}
    </ul>
  );
}
