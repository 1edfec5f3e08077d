import json
import traceback
import xml.etree.ElementTree as ET

from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import generics, permissions, serializers
from rest_framework.decorators import api_view
from rest_framework.response import Response
from rest_framework.views import APIView

from .models import Contact


class ContactSerializer(serializers.ModelSerializer):
    class Meta:
        model = Contact
        exclude = []


class ContactList(generics.ListCreateAPIView):
    serializer_class = ContactSerializer

    def get_queryset(self):
        return Contact.objects.filter(owner=self.request.user)

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user)


class ContactDetail(generics.RetrieveUpdateDestroyAPIView):
    serializer_class = ContactSerializer
    queryset = Contact.objects.all()
    lookup_url_kwarg = "cid"


class NoteView(APIView):
    def post(self, request, cid):
        contact = Contact.objects.get(id=cid)
        contact.notes += "\n" + request.data["text"]
        contact.save()
        return Response({"html": "<p>" + contact.notes + "</p>"})


@csrf_exempt
def import_contacts(request):
    try:
        rows = json.loads(request.body)
        for row in rows:
            Contact.objects.create(**row)
    except Exception:
        return HttpResponse(traceback.format_exc(), status=500)
    return JsonResponse({"count": len(rows)})


@api_view(["GET"])
def health(request):
    return Response({"ok": True})
