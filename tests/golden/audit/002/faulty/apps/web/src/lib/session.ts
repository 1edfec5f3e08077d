export function remember(accessToken: string) {
  localStorage.setItem("access_token", accessToken);
}
