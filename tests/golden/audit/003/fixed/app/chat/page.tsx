"use client";

import { useState } from "react";

export default function Chat() {
  const [text, setText] = useState("");
  const [reply, setReply] = useState("");

  async function send() {
    const response = await fetch("/api/trial-chat", { method: "POST", body: JSON.stringify({ message: text }) });
    const body = await response.json();
    setReply(response.ok ? body.reply : "Something went wrong.");
  }

  return (
    <main>
      <textarea value={text} onChange={(e) => setText(e.target.value)} />
      <button onClick={send}>Send</button>
      <div>{reply}</div>
    </main>
  );
}
