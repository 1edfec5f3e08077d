export default function Note({ note }) {
  return <div><h1>{note.title}</h1><div dangerouslySetInnerHTML={{ __html: note.body }} /></div>;
}
