const API = import.meta.env.VITE_API_URL;
export async function login(username, password) {
  const r = await fetch(API + "/api/token/", { method: "POST", body: JSON.stringify({ username, password }) });
  const body = await r.json();
  window.localStorage.setItem("access", body.access);
  sessionStorage.setItem("refreshToken", body.refresh);
}
export function renderNote(el, note) {
  el.innerHTML = note.html;
}
