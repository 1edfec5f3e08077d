class PoweredByMiddleware:
    """Tells every visitor what runs here."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response["X-Powered-By"] = "Django/3.2 commerce-starter/0.1"
        return response
