let accessToken: string | undefined;

export function remember(token: string) {
  accessToken = token;
}

export function authorization() {
  return accessToken ? `Bearer ${accessToken}` : undefined;
}
