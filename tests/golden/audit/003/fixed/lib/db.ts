import Database from "better-sqlite3";

export interface User {
  id: string;
  xId: string;
  xUsername: string;
  email?: string;
  paid: number;
  instanceIp?: string;
}

const db = new Database("data/users.sqlite3");
db.pragma("journal_mode = WAL");

export function findUser(id: string): User | undefined {
  return db.prepare("SELECT * FROM users WHERE id = ?").get(id) as User | undefined;
}

export function upsertUser(user: User): void {
  db.prepare(
    "INSERT INTO users (id, xId, xUsername, email, paid) VALUES (@id, @xId, @xUsername, @email, @paid) " +
      "ON CONFLICT (xId) DO UPDATE SET xUsername = @xUsername, email = coalesce(@email, email)",
  ).run(user);
}

export function setInstance(id: string, ip: string): void {
  db.prepare("UPDATE users SET instanceIp = ? WHERE id = ?").run(ip, id);
}

// False when the event was handled before.
export function markPaidOnce(eventId: string, userId: string): boolean {
  return db.transaction(() => {
    const fresh = db.prepare("INSERT OR IGNORE INTO events (id) VALUES (?)").run(eventId).changes === 1;
    if (fresh) db.prepare("UPDATE users SET paid = 1 WHERE id = ?").run(userId);
    return fresh;
  })();
}

export function createSession(userId: string, tokenHash: string, expires: number): void {
  db.prepare("INSERT INTO sessions (token_hash, user_id, expires) VALUES (?, ?, ?)").run(tokenHash, userId, expires);
}

export function sessionUser(tokenHash: string): User | undefined {
  return db
    .prepare("SELECT u.* FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_hash = ? AND s.expires > ?")
    .get(tokenHash, Date.now()) as User | undefined;
}
