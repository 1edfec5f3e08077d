// What permission classes ask, and whose records querysets hold.
#include <gtest/gtest.h>

#include <algorithm>

#include "audit/audit.h"

namespace gatehouse::audit {
namespace {

const std::string kModels =
    "from django.db import models\nclass Organization(models.Model):\n    name = models.CharField(max_length=9)\n"
    "class Project(models.Model):\n    organization = models.ForeignKey(Organization, on_delete=models.CASCADE)\n"
    "class Order(models.Model):\n    user = models.ForeignKey('auth.User', on_delete=models.CASCADE)\n"
    "    number = models.CharField(max_length=9)\n";

std::vector<proof::Finding> told(const std::string& views, const std::string& permissions = {}) {
  AuditOptions options;
  options.now = 1790000000;
  const std::string head = "from rest_framework import generics, viewsets\nfrom rest_framework.views import APIView\n";
  return audit_source(*memory_files({{"shop/models.py", kModels},
                                     {"shop/permissions.py",
                                      "from rest_framework.permissions import BasePermission\n" + permissions},
                                     {"shop/views.py", head + views}}),
                      source_pack(), options)
      .findings;
}

int count(const std::vector<proof::Finding>& all, std::string_view id) {
  return static_cast<int>(std::count_if(all.begin(), all.end(), [&](const auto& f) { return f.id == id; }));
}

const std::string kMember = "class IsMember(BasePermission):\n    def has_permission(self, request, view):\n        ";

TEST(DjangoPermissions, AClassIsWorthWhatItsCodeAsks) {
  const std::string view =
      "class Orders(viewsets.ModelViewSet):\n    permission_classes = [IsMember]\n    queryset = Order.objects.all()\n";
  EXPECT_EQ(count(told(view, kMember + "return bool(request.user and request.user.is_authenticated)\n"), "AZ-001"), 1);
  EXPECT_EQ(
      count(told(view, kMember + "return request.user.teams.filter(id=view.kwargs['team']).exists()\n"), "AZ-001"), 0);
  EXPECT_EQ(count(told(view,
                       "class IsMember(BasePermission):\n    def has_object_permission(self, request, view, o):\n"
                       "        if request.method in SAFE_METHODS:\n            return True\n"
                       "        return o.user == request.user\n"),
                  "AZ-001"),
            0);
  EXPECT_EQ(count(told(view), "AZ-001"), 0) << "a class that is not in the tree is taken at its name";
}

TEST(DjangoPermissions, AClassThatLetsEverybodyThroughIsToldOnce) {
  const std::string view =
      "class A(APIView):\n    permission_classes = [IsMember]\n    def get(self, request):\n        return 1\n"
      "class B(APIView):\n    permission_classes = [IsMember]\n    def get(self, request):\n        return 1\n";
  const auto all = told(view, kMember + "return True\n");
  EXPECT_EQ(std::count_if(all.begin(), all.end(),
                          [](const auto& f) { return f.title == "A permission class lets everybody through"; }),
            1);
  const auto none = told(view, kMember + "return request.user.is_authenticated\n");
  EXPECT_TRUE(std::none_of(none.begin(), none.end(),
                           [](const auto& f) { return f.title == "A permission class lets everybody through"; }));
}

TEST(DjangoPermissions, AListIsNotFilteredByAPermissionOnObjects) {
  const std::string guard =
      "class IsMember(BasePermission):\n    def has_object_permission(self, request, view, o):\n"
      "        return o.user == request.user\n";
  const std::string rest = "    permission_classes = [IsMember]\n    queryset = Order.objects.all()\n";
  EXPECT_EQ(count(told("class Orders(viewsets.ModelViewSet):\n" + rest, guard), "AZ-001"), 1);
  EXPECT_EQ(count(told("class Orders(generics.RetrieveAPIView):\n" + rest, guard), "AZ-001"), 0);
}

TEST(DjangoPermissions, AViewThatOnlyMakesRecordsReachesNone) {
  EXPECT_EQ(count(told("class Make(generics.CreateAPIView):\n    queryset = Order.objects.all()\n"), "AZ-001"), 0);
  EXPECT_EQ(count(told("class Change(generics.UpdateAPIView):\n    queryset = Order.objects.all()\n"), "AZ-001"), 1);
}

TEST(DjangoPermissions, ATenantTheClientNamesIsNotTheCallersTenant) {
  const auto list = [](const std::string& body) {
    return count(told("class Projects(generics.ListAPIView):\n    permission_classes = [IsAuthenticated]\n"
                      "    def get_queryset(self):\n" +
                      body),
                 "AZ-001");
  };
  EXPECT_EQ(list("        return Project.objects.filter(organization_id=self.kwargs['org'])\n"), 1);
  EXPECT_EQ(list("        org = self.request.query_params.get('organization')\n        qs = Project.objects.all()\n"
                 "        if org:\n            qs = qs.filter(organization_id=org)\n        return qs\n"),
            1);
  EXPECT_EQ(list("        return Project.objects.filter(organization=self.request.organization)\n"), 0);
  EXPECT_EQ(list("        org = get_object_or_404(Organization, id=self.kwargs['org'], members=self.request.user)\n"
                 "        return Project.objects.filter(organization=org)\n"),
            0);
}

TEST(DjangoPermissions, ARecordChangedByAnyNameOfItsIsHeldAgainstTheCaller) {
  const auto change = [](const std::string& fetch) {
    return count(told("from django.contrib.auth.decorators import login_required\n@login_required\n"
                      "def edit(request, number):\n    order = " +
                      fetch + "\n    order.note = request.POST['note']\n    order.save()\n    return redirect('/')\n"),
                 "AZ-001");
  };
  EXPECT_EQ(change("Order.objects.get(number=number)"), 1);
  EXPECT_EQ(change("Order.objects.get(number=number, user=request.user)"), 0);
}

TEST(DjangoPermissions, AMembershipThatIsLookedUpAndAsksNothingGuardsNothing) {
  const auto page = [](const std::string& then) {
    return count(told("@login_required\ndef dashboard(request, organization_id):\n    user = request.user\n"
                      "    organization = Organization.objects.get(id=organization_id)\n" +
                      then + "    return render(request, 'page.html', {'organization': organization})\n"),
                 "AZ-001");
  };
  EXPECT_EQ(page("    is_admin = Seat.objects.filter(organization=organization, user=user).exists()\n"), 1);
  EXPECT_EQ(page("    if not Seat.objects.filter(organization=organization, user=user).exists():\n"
                 "        raise PermissionDenied\n"),
            0);
  EXPECT_EQ(page("    seat = Seat.objects.get(user=request.user, organization_id=organization_id)\n"), 0);
}

TEST(DjangoPermissions, ARecordThatIsAskedAboutTheCallerDecidesItself) {
  const auto cancel = [](const std::string& then) {
    return count(told("@login_required\ndef cancel(request, pk):\n    order = Order.objects.get(pk=pk)\n" + then +
                      "    return redirect('/')\n"),
                 "AZ-001");
  };
  EXPECT_EQ(cancel("    order.cancel()\n"), 1);
  EXPECT_EQ(cancel("    order.cancel(request.user)\n"), 0);
  EXPECT_EQ(cancel("    change_state(order, request.user)\n"), 0);
  EXPECT_EQ(cancel("    Visit.objects.create(order=order, by=request.user)\n"), 1);
  EXPECT_EQ(cancel("    if not constant_time_compare(request.headers['X-Key'], order.key):\n        raise Wrong\n"), 0);
}

TEST(DjangoPermissions, ADecoratorOfTheProjectsOwnLetsInWhoMay) {
  const auto open = [](const std::string& decorator) {
    return count(told(decorator + "def remove(request, name):\n    Order.objects.filter(label=name).delete()\n"
                                  "    return redirect('/')\n"),
                 "DJ-036");
  };
  EXPECT_EQ(open(""), 1);
  EXPECT_EQ(open("@unauthenticated_only\n"), 1);
  EXPECT_EQ(open("@list_owner_required\n"), 0);
  EXPECT_EQ(open("@key_and_ip_auth\n"), 0);
}

TEST(DjangoPermissions, OneOfTwoWaysInIsAWayIn) {
  const std::string ranks =
      "class AdminPermission(BasePermission):\n    def has_permission(self, request, view):\n"
      "        return request.user.is_authenticated and request.user.is_admin\n"
      "class UserPermission(BasePermission):\n    def has_permission(self, request, view):\n"
      "        return request.user.is_authenticated and request.user.is_user\n";
  const auto view = [](const std::string& asked) {
    return "class Orders(generics.ListCreateAPIView):\n    permission_classes = [" + asked +
           "]\n    queryset = Order.objects.all()\n";
  };
  EXPECT_EQ(count(told(view("AdminPermission | UserPermission"), ranks), "AZ-001"), 1);
  EXPECT_EQ(count(told(view("AdminPermission"), ranks), "AZ-001"), 0);
}

}  // namespace
}  // namespace gatehouse::audit
