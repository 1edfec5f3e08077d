import fs from "fs/promises";
import path from "path";

export interface User {
  id: string;
  xId: string;
  xUsername: string;
  email?: string;
  paid: boolean;
  instanceIp?: string;
}

const dataDir = path.join(process.cwd(), "data");
const usersFile = path.join(dataDir, "users.json");

async function readUsers(): Promise<User[]> {
  try {
    return JSON.parse(await fs.readFile(usersFile, "utf8"));
  } catch {
    return [];
  }
}

async function writeUsers(users: User[]): Promise<void> {
  await fs.mkdir(dataDir, { recursive: true });
  await fs.writeFile(usersFile, JSON.stringify(users, null, 2));
}

export async function findUser(id: string): Promise<User | undefined> {
  return (await readUsers()).find((u) => u.id === id);
}

export async function upsertUser(user: User): Promise<void> {
  const users = await readUsers();
  const at = users.findIndex((u) => u.xId === user.xId);
  if (at >= 0) users[at] = { ...users[at], ...user };
  else users.push(user);
  await writeUsers(users);
}

export async function markPaid(id: string): Promise<void> {
  const users = await readUsers();
  const user = users.find((u) => u.id === id);
  if (user) user.paid = true;
  await writeUsers(users);
}
