from sqlalchemy import Column, Integer, String
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import declarative_base

from app.core.config import settings

engine = create_async_engine(settings.database_url, echo=True)
Session = async_sessionmaker(engine, expire_on_commit=False)
Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String, unique=True)
    password_hash = Column(String)
    role = Column(String, default="user")
    credits = Column(Integer, default=0)


class Render(Base):
    __tablename__ = "renders"
    id = Column(Integer, primary_key=True)
    user_id = Column(Integer)
    prompt = Column(String)
    url = Column(String)


async def get_session():
    async with Session() as s:
        yield s
