import React, { useState } from "react";
export default function Cart({ description }) {
  const [token] = useState(localStorage.getItem("token"));
  const pay = () => fetch("http://market.io/api/orders", { method: "POST", headers: { Authorization: token } });
  return <section><div dangerouslySetInnerHTML={{ __html: description }} /><a href="https://help.market.io" target="_blank">help</a><button onClick={pay}>Pay</button></section>;
}
