import jwt from "jsonwebtoken";

const SECRET = process.env.JWT_SECRET ?? "ledgerly-secret";

export const sign = (payload: object) => jwt.sign(payload, SECRET);
export const verify = (token: string) => jwt.verify(token, SECRET) as { sub: string; role: string };
export const peek = (token: string) => jwt.decode(token) as { sub: string; role: string } | null;
