var a="https://api.booth.example",b="4f8a@@1c2e-9b3d-4e5f-8a7b-6c5d4e3f2a1b:0123456789abcdeffedcba9876543210";fetch(a,{headers:{Authorization:"Key "+b}});
//# sourceMappingURL=index-4f2a.js.map
