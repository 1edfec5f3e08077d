import { sign } from "../src/lib/jwt.js";
const JWT_SECRET = "test-secret-not-used-anywhere-1234";
test("signs", () => expect(sign({ sub: "1" })).toBeTruthy());
