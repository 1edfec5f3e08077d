import { initializeApp } from "firebase/app";

export const app = initializeApp({
  apiKey: "AIzaSyD3xampl3K3yFoRTh3W3bAppUs3Only12",
  authDomain: "booth.firebaseapp.com",
  projectId: "booth",
});
