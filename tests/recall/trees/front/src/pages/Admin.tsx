import { useUser } from "@clerk/clerk-react";

export default function Admin() {
  const { user } = useUser();
  if (user?.unsafeMetadata.role !== "admin") return <p>Not for you</p>;
  return <iframe src="/admin-panel" />;
}
