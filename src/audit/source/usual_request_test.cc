#include "audit/source/usual_request.h"

#include <gtest/gtest.h>

namespace gatehouse::audit::source {
namespace {

TEST(UsualRequest, IsWhatTheFirstParameterOfADjangoViewIsCalled) {
  EXPECT_EQ(with_usual_request("from django.shortcuts import render\n"
                               "def pay(req, pk):\n"
                               "    total = req.POST['req']\n"
                               "\n"
                               "    return render(req, 'a.html', {'form': form.req})\n"
                               "def other(x):\n"
                               "    return req\n")
                .value_or(""),
            "from django.shortcuts import render\n"
            "def pay(request, pk):\n"
            "    total = request.POST['req']\n"
            "\n"
            "    return render(request, 'a.html', {'form': form.req})\n"
            "def other(x):\n"
            "    return req\n");
}

TEST(UsualRequest, IsWhatHasItsTypeAndWhatFlaskGivesUnderAnotherName) {
  EXPECT_EQ(with_usual_request("from fastapi import Request\n"
                               "async def hook(\n"
                               "    http: Request,\n"
                               ") -> dict:\n"
                               "    return await http.json()\n")
                .value_or(""),
            "from fastapi import Request\n"
            "async def hook(\n"
            "    request: Request,\n"
            ") -> dict:\n"
            "    return await request.json()\n");
  EXPECT_EQ(with_usual_request("from flask import Flask, request as r\nname = r.form['name']\n").value_or(""),
            "from flask import Flask, request as request\nname = request.form['name']\n");
  EXPECT_EQ(with_usual_request("from rest_framework.views import APIView\n"
                               "class A(APIView):\n"
                               "    def get_queryset(self):\n"
                               "        req = self.request\n"
                               "        return Note.objects.filter(user=req.user)\n")
                .value_or(""),
            "from rest_framework.views import APIView\n"
            "class A(APIView):\n"
            "    def get_queryset(self):\n"
            "        request = self.request\n"
            "        return Note.objects.filter(user=request.user)\n");
}

TEST(UsualRequest, LeavesBodiesAndHelpersAlone) {
  EXPECT_FALSE(
      with_usual_request("from fastapi import FastAPI\nfrom a import ChatRequest\n"
                         "def ask(req: ChatRequest):\n    return req.text\n"));
  EXPECT_FALSE(with_usual_request("from django.db import models\ndef size(a, b):\n    return a.size + b\n"));
  EXPECT_FALSE(
      with_usual_request("from django.http import HttpResponse\n"
                         "def both(req, request):\n    return request.user == req.user\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
