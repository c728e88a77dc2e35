// Opens the pages of the API: Swagger UI over the description that this server gives of itself.
"use strict";
window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "list",
  // Nothing about it leaves this server.
  validatorUrl: null,
});
