#include "audit/source/named_members.h"

#include <gtest/gtest.h>

namespace gatehouse::audit::source {
namespace {

TEST(NamedMembers, AreTheClassesOfAModuleOfTheProject) {
  EXPECT_EQ(with_named_members("from . import models\n"
                               "def all(db):\n"
                               "    return db.query(models.Order).filter(models.Order.id > models.LIMIT)\n")
                .value_or(""),
            "from .models import LIMIT, Order; from . import models\n"
            "def all(db):\n"
            "    return db.query(Order).filter(Order.id > LIMIT)\n");
  EXPECT_EQ(
      with_named_members("from app.db import (\n    models,\n    session,\n)\nrow = models.Order()\n").value_or(""),
      "from app.db.models import Order; from app.db import (\n    models,\n    session,\n)\nrow = Order()\n");
  EXPECT_EQ(with_named_members("import app.models as models\nrow = models.Order()\n").value_or(""),
            "from app.models import Order; import app.models as models\nrow = Order()\n");
}

TEST(NamedMembers, KeepTheModuleWhereTheNameIsTaken) {
  EXPECT_EQ(with_named_members("from . import models, schemas\n"
                               "def make(user: schemas.User, note: schemas.Note) -> models.User:\n"
                               "    return models.User(user.name)\n")
                .value_or(""),
            "from .schemas import Note; from . import models, schemas\n"
            "def make(user: schemas.User, note: Note) -> models.User:\n"
            "    return models.User(user.name)\n");
  EXPECT_FALSE(with_named_members("from . import models\nclass Order(models.Order):\n    pass\n"));
  EXPECT_FALSE(with_named_members("from . import models\nfrom .dto import Order\nrow = models.Order()\n"));
}

TEST(NamedMembers, LeaveWhatOthersMade) {
  EXPECT_FALSE(
      with_named_members("from django.db import models\nclass A(models.Model):\n    b = models.TextField()\n"));
  EXPECT_FALSE(with_named_members("from django.db import models\nfrom . import models\nrow = models.Order()\n"));
  EXPECT_FALSE(with_named_members("row = self.models.Order()\nname = 'models.Order'\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
