"use client";
import { useEffect, useState } from "react";
import { marked } from "marked";

export function Notes({ markdown }: { markdown: string }) {
  const [token, setToken] = useState("");
  useEffect(() => {
    window.addEventListener("message", (event) => {
      if (event.data?.token) {
        setToken(event.data.token);
        localStorage.setItem("access_token", event.data.token);
      }
    });
  }, []);
  return (
    <div>
      <a href="https://docs.example.org" target="_blank">Docs</a>
      <div dangerouslySetInnerHTML={{ __html: marked(markdown) }} />
      <span>{token ? "connected" : "idle"}</span>
    </div>
  );
}
