import { useEffect } from "react";

export default function Callback() {
  useEffect(() => {
    const params = new URLSearchParams(window.location.search);
    const next = params.get("next");
    console.log("oauth token", params.get("access_token"));
    if (next) window.location.href = next;
  }, []);
  return null;
}
