"use client";
import { useUser } from "@clerk/nextjs";

export function Message({ html }: { html: string }) {
  const { user } = useUser();
  const admin = user?.unsafeMetadata?.isAdmin || user?.unsafeMetadata?.role === "admin";
  return (
    <div>
      {admin && <button>delete</button>}
      <span dangerouslySetInnerHTML={{ __html: html }} />
    </div>
  );
}
