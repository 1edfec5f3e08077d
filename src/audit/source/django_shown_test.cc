// What Django's answers carry, how its serializers keep passwords, in whose name its sockets write.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source::fixture {
namespace {

std::vector<std::string> answer(const std::string& body) {
  return found({{"me/views.py",
                 "import os\nfrom django.http import JsonResponse\nfrom django.contrib.auth.decorators import "
                 "login_required\n@login_required\ndef show(request):\n    return JsonResponse(" +
                     body + ")\n"}});
}

TEST(DjangoAnswers, CarryNoPasswordsAndNoEnvironment) {
  EXPECT_TRUE(has(answer("{'password': request.user.password}"), "FA-005:me/views.py:6"));
  EXPECT_TRUE(has(answer("list(User.objects.values()), safe=False"), "FA-005:me/views.py:6"));
  EXPECT_FALSE(has(answer("list(User.objects.values('id', 'name')), safe=False"), "FA-005"));
  EXPECT_TRUE(has(answer("dict(os.environ)"), "SEC-018:me/views.py:6"));
  EXPECT_FALSE(has(answer("{'region': os.environ['REGION']}"), "SEC-018"));
}

std::vector<std::string> serializer(const std::string& create) {
  return found({{"me/serializers.py",
                 "from rest_framework import serializers\n"
                 "class SignUpSerializer(serializers.ModelSerializer):\n    class Meta:\n"
                 "        model = User\n        fields = ['username', 'password']\n"
                 "        extra_kwargs = {'password': {'write_only': True}}\n" +
                     create},
                {"me/views.py",
                 "from rest_framework.views import APIView\nclass SignUp(APIView):\n    def post(self, request):\n"
                 "        s = SignUpSerializer(data=request.data)\n        s.is_valid(raise_exception=True)\n"
                 "        s.save()\n        return Response(status=201)\n"}});
}

TEST(DjangoSerializers, HashThePasswordThemselves) {
  EXPECT_TRUE(
      has(serializer("    def create(self, validated_data):\n        return User.objects.create(**validated_data)\n"),
          "DJ-030:me/serializers.py:8"));
  EXPECT_TRUE(has(serializer(""), "DJ-030:me/serializers.py:2"));
  EXPECT_FALSE(has(
      serializer("    def create(self, validated_data):\n        return User.objects.create_user(**validated_data)\n"),
      "DJ-030:me/serializers.py:2"));
}

TEST(DjangoActions, OfAGuardedViewAreGuarded) {
  const auto view = [](const std::string& who) {
    return found({{"projects/views.py",
                   "from rest_framework import viewsets, permissions\n"
                   "from rest_framework.decorators import action\n"
                   "class ProjectViewSet(viewsets.ModelViewSet):\n"
                   "    permission_classes = [permissions.IsAuthenticated]\n"
                   "    @action(detail=True, methods=['post'], permission_classes=[permissions." +
                       who + "])\n    def archive(self, request, pk=None):\n        return Response()\n"}});
  };
  EXPECT_TRUE(has(view("AllowAny"), "DJ-036:projects/views.py:5"));
  EXPECT_FALSE(has(view("IsAdminUser"), "DJ-036"));
}

TEST(DjangoCodes, EndSomeDay) {
  const auto model = [](const std::string& field) {
    return found({{"me/models.py",
                   "from django.db import models\nclass PasswordReset(models.Model):\n"
                   "    token = models.CharField(max_length=40)\n" +
                       field}});
  };
  EXPECT_TRUE(has(model(""), "JWT-006:me/models.py:2"));
  EXPECT_FALSE(has(model("    created_at = models.DateTimeField(auto_now_add=True)\n"), "JWT-006"));
}

TEST(DjangoSockets, AskWhoIsThere) {
  const auto consumer = [](const std::string& check, const std::string& name) {
    return found({{"chat/consumers.py",
                   "import json\nfrom channels.generic.websocket import WebsocketConsumer\n"
                   "class Chat(WebsocketConsumer):\n    def connect(self):\n" +
                       check +
                       "        self.accept()\n    def receive(self, text_data):\n"
                       "        data = json.loads(text_data)\n        save(" +
                       name + ", data['text'])\n"}});
  };
  EXPECT_TRUE(has(consumer("", "data['username']"), "DJ-036:chat/consumers.py:4"));
  EXPECT_TRUE(has(consumer("", "data['username']"), "AZ-002:chat/consumers.py:8"));
  const auto sound = consumer("        if not self.scope['user'].is_authenticated:\n            return self.close()\n",
                              "self.scope['user']");
  EXPECT_FALSE(has(sound, "DJ-036"));
  EXPECT_FALSE(has(sound, "AZ-002"));
}

TEST(DjangoAuthors, AreWhoeverIsSignedIn) {
  const auto view = [](const std::string& author) {
    return found({{"blog/views.py",
                   "from django.shortcuts import redirect\n"
                   "from django.contrib.auth.decorators import login_required\n@login_required\n"
                   "def comment(request, post_id):\n    if request.method == 'POST':\n"
                   "        Comment.objects.create(post_id=post_id, author_id=" +
                       author + ")\n    return redirect('home')\n"}});
  };
  EXPECT_TRUE(has(view("request.POST['author']"), "AZ-002:blog/views.py:6"));
  EXPECT_FALSE(has(view("request.user.id"), "AZ-002"));
}

TEST(DjangoAuthors, AreNotWhomTheFormNamesFirst) {
  const auto view = [](const std::string& who) {
    return found(
        {{"shop/views.py",
          "from django.shortcuts import redirect\nclass Orders(generics.CreateAPIView):\n"
          "    def create(self, request, *args, **kwargs):\n        user = " +
              who + "\n        order = Order.objects.create(user=user, total=1)\n        return Response({})\n"}});
  };
  EXPECT_TRUE(has(view("s.validated_data['user'] if s.validated_data.get('user') else self.request.user"),
                  "AZ-002:shop/views.py:5"));
  EXPECT_FALSE(has(view("self.request.user"), "AZ-002"));
}

}  // namespace
}  // namespace gatehouse::audit::source::fixture
